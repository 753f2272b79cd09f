/** Reads products from the catalog service. */

export interface Product {
  sku: string;
  name: string;
  price: number;
}

const euros = new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" });

export async function products(address: string): Promise<Product[]> {
  const response = await fetch(new URL("/products", address), { signal: AbortSignal.timeout(2000) });
  if (!response.ok) {
    throw new Error(`catalog answered ${response.status}`);
  }
  return (await response.json()) as Product[];
}

/** A price in cents, as a customer reads it. */
export function label(product: Product): string {
  return `${product.name}: ${euros.format(product.price / 100)}`;
}
