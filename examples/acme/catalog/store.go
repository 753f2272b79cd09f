package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
)

// Product is something a customer can buy. Price is in cents.
type Product struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Price int    `json:"price"`
}

// Store holds the products, by SKU.
type Store map[string]Product

// Load reads a file with a list of products.
func Load(path string) (Store, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var products []Product
	if err := json.Unmarshal(content, &products); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	store := make(Store, len(products))
	for _, product := range products {
		store[product.SKU] = product
	}
	return store, nil
}

// All lists the products in the order of their SKU.
func (s Store) All() []Product {
	products := make([]Product, 0, len(s))
	for _, product := range s {
		products = append(products, product)
	}
	sort.Slice(products, func(i, j int) bool { return products[i].SKU < products[j].SKU })
	return products
}
