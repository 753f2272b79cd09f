package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAnUnknownProductIsNotFound(t *testing.T) {
	response := httptest.NewRecorder()
	handler(Store{}).ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/products/none", nil))
	if response.Code != http.StatusNotFound {
		t.Fatalf("status %d", response.Code)
	}
}

func TestProductsAreSorted(t *testing.T) {
	store := Store{"b": {SKU: "b"}, "a": {SKU: "a"}}
	if first := store.All()[0].SKU; first != "a" {
		t.Fatalf("first is %s", first)
	}
}
