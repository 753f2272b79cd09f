"""What an order costs. Amounts are integers of the currency's smallest unit."""

from dataclasses import dataclass

FREE_DELIVERY_FROM = 50_00
DELIVERY_FEE = 4_90


@dataclass(frozen=True)
class Line:
    """A product, how many of it, and the price of one."""

    sku: str
    quantity: int
    unit_price: int

    @property
    def price(self) -> int:
        """The price of the whole line."""
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class Total:
    """The sum of the lines, the fee, and both together."""

    goods: int
    delivery: int

    @property
    def amount(self) -> int:
        """What the customer pays."""
        return self.goods + self.delivery


def total(lines: list[Line]) -> Total:
    """Add up the lines; delivery is free from a certain sum on."""
    goods = sum(line.price for line in lines)
    return Total(goods, 0 if goods >= FREE_DELIVERY_FROM else DELIVERY_FEE)
