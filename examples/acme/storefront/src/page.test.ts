import assert from "node:assert/strict";
import { test } from "node:test";

import { page } from "./page.js";

test("a product's name cannot carry markup", () => {
  const html = page([{ sku: "x", name: "<b>Mug</b>", price: 950 }]);
  assert.ok(html.includes("&lt;b&gt;Mug"));
});
