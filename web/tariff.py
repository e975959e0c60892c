"""Find what a kWh costs: by the setting `tariff`, or by the client's attribute `price_per_kwh`."""

from chat_core.domain.attributes import PRICE, is_price
from chat_core.domain.money import Money
from chat_core.domain.settings import Defaults, default_tariff, read_document
from web.app_context import AppContext


def price_for(here: AppContext, client: str) -> Money | None:
    """Return what a kWh costs the client; None where no tariff is known."""
    default = default_tariff(Defaults(demo=here.config.demo))
    tariff = read_document("tariff", here.store.registry.settings.document("tariff")[1], default)
    if tariff.currency is None:
        return None
    own = here.store.registry.attributes.of(client).get(PRICE)
    price = own if is_price(own) else tariff.price
    return Money(price, tariff.currency) if price is not None else None
