"""Euro amounts, the way they are written in Germany."""


def euros(cents: int) -> str:
    """Write an amount of cents: 123456 becomes ``1.234,56 €``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", ".")
    return f"{sign}{grouped},{rest:02d} €"
