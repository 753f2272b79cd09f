import express from "express";

import { products } from "./catalog.js";
import { page } from "./page.js";

const app = express();
const catalog = process.env.CATALOG_URL ?? "http://localhost:8080";
const port = Number(process.env.PORT ?? 3000);

app.get("/healthz", (_request, response) => {
  response.json({ status: "ok" });
});

app.get("/", async (_request, response) => {
  response.type("html").send(page(await products(catalog)));
});

app.listen(port, () => {
  console.log(`listening on ${port}`);
});
