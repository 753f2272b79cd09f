/** The page, as a string; everything from elsewhere is escaped. */

import { label, type Product } from "./catalog.js";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]);
}

export function page(products: Product[]): string {
  const items = products.map((product) => `<li>${escape(label(product))}</li>`).join("");
  return `<!doctype html><html lang="en"><title>Acme</title><h1>Acme</h1><ul>${items}</ul></html>`;
}
