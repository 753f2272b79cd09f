// Command catalog serves the shop's products over HTTP.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"strings"
)

func handler(store Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/products", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, store.All())
	})
	mux.HandleFunc("/products/", func(w http.ResponseWriter, r *http.Request) {
		product, found := store[strings.TrimPrefix(r.URL.Path, "/products/")]
		if !found {
			http.NotFound(w, r)
			return
		}
		respond(w, product)
	})
	return mux
}

func respond(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Printf("answer not sent: %v", err)
	}
}

func main() {
	store, err := Load("products.json")
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("serving %d products on :8080", len(store))
	log.Fatal(http.ListenAndServe(":8080", handler(store)))
}
