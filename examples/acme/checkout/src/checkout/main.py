"""The HTTP interface."""

import logging
import os

from fastapi import FastAPI
from money_format import euros
from pydantic import BaseModel, Field

from checkout.orders import Line, total

logging.basicConfig(level=os.environ.get("LOG_LEVEL", "info").upper())
app = FastAPI(title="checkout")


class BasketLine(BaseModel):
    """One line of the request."""

    sku: str
    quantity: int = Field(ge=1, le=99)
    unit_price: int = Field(ge=0)


class Quote(BaseModel):
    """What the order would cost."""

    amount: int
    delivery: int
    label: str


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@app.post("/quotes")
def quote(basket: list[BasketLine]) -> Quote:
    """Price a basket."""
    result = total([Line(line.sku, line.quantity, line.unit_price) for line in basket])
    return Quote(amount=result.amount, delivery=result.delivery, label=euros(result.amount))
