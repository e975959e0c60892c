"""Define the facts that programs store about a client: named values of four types. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Annotated, Final, TypeGuard

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from chat_core.contract.fields import PLAIN

AT_MOST: Final = 50  # of one client
MOST_CHARACTERS: Final = 500
MOST_NUMBER: Final = 2**53 - 1  # as JavaScript counts exactly
MOST_NAME: Final = 40
MOST_PRICE: Final = 1_000_000  # of a kWh, in any currency
PRICE: Final = "price_per_kwh"  # the client's own, in the currency of the setting `tariff`
_NAME: Final = rf"[a-z][a-z0-9_]{{0,{MOST_NAME - 1}}}"
NAME_PATTERN: Final = rf"^{_NAME}$"
NAMED: Final = rf"{_NAME}:.+"
MOST_NAMED: Final = MOST_NAME + 1 + MOST_CHARACTERS
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _real_date(text: str) -> str:
    """Return the text. Raises: PydanticCustomError for one in a date's form that is no day of the calendar."""
    if _DATE.fullmatch(text):
        try:
            date.fromisoformat(text)
        except ValueError:
            raise PydanticCustomError("no_date", "this is no day of the calendar") from None
    return text


def is_price(value: object) -> TypeGuard[int | float]:
    """Return whether the value can be what a kWh costs."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST_PRICE


def _named(text: str) -> str:
    """Return the text. Raises: PydanticCustomError for one that is no `name:value`."""
    if not re.fullmatch(NAMED, text):
        raise PydanticCustomError("no_attribute", "use name:value, such as plan:Solar")
    return text


NamedValue = Annotated[str, Field(max_length=MOST_NAMED, pattern=PLAIN), AfterValidator(_named)]
"""A name and a value as a text, `name:value`: `kw:5.5`, `solar:true`."""
AttributeName = Annotated[str, Field(pattern=NAME_PATTERN)]
AttributeValue = (
    StrictBool
    | Annotated[StrictInt, Field(ge=-MOST_NUMBER, le=MOST_NUMBER)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e15, le=1e15)]
    | Annotated[StrictStr, Field(min_length=1, max_length=MOST_CHARACTERS, pattern=PLAIN), AfterValidator(_real_date)]
)
"""A boolean, a number, a date (a text `YYYY-MM-DD`) or another text."""


def _check_price(
    changes: dict[AttributeName, AttributeValue | None],
) -> dict[AttributeName, AttributeValue | None]:
    """Return the changes. Raises: PydanticCustomError for a price that is none."""
    value = changes.get(PRICE)
    if value is not None and not is_price(value):
        raise PydanticCustomError(
            "no_price", "price_per_kwh must be a number above 0 and at most 1,000,000, such as 0.29"
        )
    return changes


AttributeChanges = Annotated[
    dict[AttributeName, AttributeValue | None], Field(max_length=AT_MOST), AfterValidator(_check_price)
]
"""Values by name; None removes one."""


def text_of(value: AttributeValue) -> str:
    """Return the value as people write it: 5 for 5.0, true."""
    if isinstance(value, str):
        return value
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def meant_by(named: str) -> tuple[str, list[AttributeValue]]:
    """Return the name, and each value that is written so: `solar:true` means the text and the boolean."""
    name, _, text = named.partition(":")
    values: list[AttributeValue] = [text]
    with suppress(ValueError):
        found = json.loads(text)
        values += [found] if isinstance(found, bool | int | float) else []
    return name, values


def has_any(attributes: Mapping[str, AttributeValue], wanted: Iterable[str]) -> bool:
    """Return whether one of the attributes is one of these `name:value`."""
    return any(
        name in attributes and text_of(attributes[name]) in map(text_of, values)
        for name, values in map(meant_by, wanted)
    )
