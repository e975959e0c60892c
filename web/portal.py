"""Serve the page at `/`: with `--demo` a client's page of an energy platform with the widget, else a short notice."""

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.numbers import format_currency
from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _

from chat_core.contract.errors import NotFound
from chat_core.contract.languages import in_lang
from chat_core.domain.outage_text import with_expected_end
from chat_core.runtime import tokens
from web.app_context import app_context
from web.board import shared_settings
from web.i18n import select_lang
from web.tariff import price_for

JTI_BYTES: Final = 16
GUEST: Final = "guest"  # `?client=guest`: the page without a sign-in

_LOCALES: Final = {"en": "en_GB"}  # the day before the month, as the charts have it

pages = Blueprint("portal", __name__)


@dataclass(frozen=True)
class DemoClient:
    """Describe a client whose page the demo shows."""

    id: str
    name: str
    meter: str
    area: str
    last_bill_ct: int
    contract: str
    meter_number: str


CLIENTS: Final = {
    client.id: client
    for client in (
        DemoClient("c-maria", "Maria Pop", "m-maria", "north", 5820, "RE-2291-42", "1042 7718"),
        DemoClient("c-ion", "Ion Dumitru", "m-ion", "north", 4135, "RE-1874-06", "1038 2205"),
        DemoClient("c-elena", "Elena Lazăr", "m-elena", "south", 9340, "RE-3310-15", "2017 4490"),
    )
}


@pages.get("/")
def show_portal() -> str:
    """Show a client's page (`?client=c-ion`), a visitor's (`?client=guest`), or the notice."""
    if not app_context().config.demo:
        return render_template("index.html")
    others = [{"id": other.id, "name": other.name, "href": f"/?client={other.id}"} for other in CLIENTS.values()]
    if request.args.get("client") == GUEST:
        return render_template("visitor.html", clients=others)
    client = CLIENTS.get(request.args.get("client", ""), CLIENTS["c-maria"])
    bill = last_bill(client)
    settings = {
        **shared_settings("portal"),
        "client": {"id": client.id, "name": client.name, "meter": client.meter},
        "clients": others,
        "identity": identity_of(client),
        "identity_url": f"/portal/identity?client={client.id}",
        "bill": bill,
    }
    return render_template(
        "portal.html",
        settings=settings,
        clients=others,
        client=client,
        identity=identity_of(client),
        outage=_describe_outage(client.area),
        **_words(client, bill),
    )


@pages.get("/portal/identity")
def show_identity() -> Response:
    """Return a fresh identity of the demo portal's user, for a page that has been open for long."""
    client = CLIENTS.get(request.args.get("client", ""))
    if not app_context().config.demo or client is None:
        raise NotFound("There is no demo portal here, or no such client in it.")
    return jsonify({"identity": identity_of(client)})


def identity_of(client: DemoClient) -> str:
    """Return the signed identity of a portal's user, valid once and for 15 minutes."""
    said = {"name": client.name, "lang": select_lang(), "area": client.area, "meters": [client.meter]}
    return tokens.mint_identity(
        app_context().keys, client.id, secrets.token_urlsafe(JTI_BYTES), app_context().now_s, **said
    )


def last_bill(client: DemoClient) -> dict[str, Any]:
    """Return last month's bill, due on the last day of this one, by the platform's time zone."""
    today = _today()
    year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    due = (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return {
        "month": f"{year:04}-{month:02}",
        "due": due.isoformat(),
        "amount_ct": client.last_bill_ct,
    }


def _today() -> date:
    return datetime.fromtimestamp(app_context().now_s, ZoneInfo(app_context().config.tz)).date()


def _describe_outage(area: str) -> dict[str, str] | None:
    """Return the area's current outage in the page's language; the page's script follows its changes."""
    notice = app_context().store.notices.of_area(area)
    if notice is None or notice.ended_at is not None:
        return None
    lang = select_lang()
    zone = ZoneInfo(app_context().config.tz)
    return {
        "area": " ".join(word[:1].upper() + word[1:] for word in re.split("[-_]+", area) if word),
        "text": in_lang(with_expected_end(notice.text, notice.until, zone), lang),
        "since": "" if notice.began is None else _when_near(notice.began, zone),
        "updated": _when_near(notice.at, zone),
    }


def _when_near(at_ms: int, zone: ZoneInfo) -> str:
    """Return the time, with its day unless that is today."""
    at, lang = datetime.fromtimestamp(at_ms / 1000, zone), select_lang()
    day = "" if at.date() == _today() else f"{format_skeleton('MMMEd', at, locale=_LOCALES.get(lang, lang))}, "
    return f"{day}{at:%H:%M}"


def _words(client: DemoClient, bill: dict[str, Any]) -> dict[str, str]:
    """Return the bill and the price, formatted for the page's language."""
    lang = select_lang()
    price = price_for(app_context(), client.id)
    month = date.fromisoformat(f"{bill['month']}-01")
    return {
        "bill_month": format_skeleton("yMMMM", month, locale=lang),
        "bill_due": _due_words(date.fromisoformat(bill["due"])),
        "bill_amount": format_currency(Decimal(bill["amount_ct"]) / 100, "EUR", locale=lang),
        "kwh_price": price.words(lang, is_price=True) if price else "",
    }


def _due_words(due: date) -> str:
    """Return when a bill is due, in the page's language."""
    if due == _today():
        return str(_("due today"))
    lang = select_lang()
    return str(_("due %(due)s", due=format_skeleton("MMMMd", due, locale=_LOCALES.get(lang, lang))))
