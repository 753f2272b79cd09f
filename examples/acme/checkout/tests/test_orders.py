"""Orders cost what their lines cost, and delivery."""

from checkout.orders import DELIVERY_FEE, Line, total


def test_a_small_order_pays_for_delivery() -> None:
    assert total([Line("mug", 2, 9_50)]).amount == 19_00 + DELIVERY_FEE


def test_a_large_order_is_delivered_free() -> None:
    assert total([Line("kettle", 1, 79_00)]).delivery == 0
