"""Define the facts that programs store about a client: named values of four types. Pure."""

import re
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from chat_core.contract.fields import PLAIN

AT_MOST: Final = 50  # of one client
MOST_CHARACTERS: Final = 500
MOST_NUMBER: Final = 2**53 - 1  # as JavaScript counts exactly
MOST_NAME: Final = 40
NAME_PATTERN: Final = rf"^[a-z][a-z0-9_]{{0,{MOST_NAME - 1}}}$"
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _real_date(text: str) -> str:
    """Return the text. Raises: PydanticCustomError for one in a date's form that is no day of the calendar."""
    if _DATE.fullmatch(text):
        try:
            date.fromisoformat(text)
        except ValueError:
            raise PydanticCustomError("no_date", "this is no day of the calendar") from None
    return text


NamedValue = Annotated[str, Field(min_length=1, max_length=MOST_NAME + 1 + MOST_CHARACTERS, pattern=PLAIN)]
"""A name and a value, as `name:value`."""
AttributeName = Annotated[str, Field(pattern=NAME_PATTERN)]
AttributeValue = (
    StrictBool
    | Annotated[StrictInt, Field(ge=-MOST_NUMBER, le=MOST_NUMBER)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e15, le=1e15)]
    | Annotated[StrictStr, Field(min_length=1, max_length=MOST_CHARACTERS, pattern=PLAIN), AfterValidator(_real_date)]
)
"""A boolean, a number, a date (a text `YYYY-MM-DD`) or another text."""
