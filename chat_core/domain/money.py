"""Compute and format what energy costs. Pure."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple, Self

from babel.numbers import format_currency, get_currency_precision

# Babel leaves out CLDR's space between a currency's letters and its digits, which browsers write.
_TOUCHING: Final = re.compile(r"(?<=[^\W\d_])(?=\d)")


class Money(NamedTuple):
    """Hold an amount of a currency of ISO 4217."""

    amount: float
    currency: str

    def of_kwh(self, wh: float) -> Self:
        """Return what the energy costs where this is the price of a kWh."""
        return self._replace(amount=wh / 1000 * self.amount)

    def words(self, lang: str, *, is_price: bool = False) -> str:
        """Return the amount in the language. Args: is_price: with all its decimals, such as €0.2875."""
        amount = Decimal(str(self.amount))
        if not is_price:  # Babel rounds half to even, browsers half up
            amount = amount.quantize(Decimal(1).scaleb(-get_currency_precision(self.currency)), ROUND_HALF_UP)
        found = format_currency(amount, self.currency, locale=lang, decimal_quantization=not is_price)
        return _TOUCHING.sub("\N{NO-BREAK SPACE}", found)
