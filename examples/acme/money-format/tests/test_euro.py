"""Euros are grouped by thousands and keep their cents."""

import pytest

from money_format import euros


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0,00 €"), (1250, "12,50 €"), (123456, "1.234,56 €"), (-5, "-0,05 €")],
)
def test_an_amount_reads_as_expected(cents: int, text: str) -> None:
    assert euros(cents) == text
