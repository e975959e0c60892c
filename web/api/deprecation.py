"""Announce that an operation ends: by headers of its answers (RFC 9745, RFC 8594), and in the OpenAPI document."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import wraps
from typing import Any, Final, TypeVar

from flask import Response, after_this_request, current_app

ENDS: Final = "api_ends"  # an attribute of a view function
LEAST_NOTICE: Final = timedelta(days=182)  # docs/api.md#versions
View = TypeVar("View", bound=Callable[..., Any])


def deprecated(since: date, ends: date) -> Callable[[View], View]:
    """Let each answer of the view, errors too, tell since when it is deprecated and on which day it ends."""
    if ends - since < LEAST_NOTICE:
        raise ValueError(f"{ends} is less than {LEAST_NOTICE.days} days after {since}")
    since_s, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (since, ends))

    def tell(response: Response) -> Response:
        response.headers["Deprecation"] = f"@{since_s.timestamp():.0f}"
        response.headers["Sunset"] = format_datetime(end, usegmt=True)
        return response

    def mark(view: View) -> View:
        @wraps(view)
        def answer(*arguments: Any, **values: Any) -> Any:
            after_this_request(tell)
            return view(*arguments, **values)

        setattr(answer, ENDS, ends)
        return answer  # type: ignore[return-value]  # of the same form

    return mark


def describe_end(operation: dict[str, Any], endpoint: str) -> None:
    """Mark the operation where it is deprecated."""
    ends: date | None = getattr(current_app.view_functions[endpoint], ENDS, None)
    if ends is not None:
        told = f"Deprecated: it ends on {ends.isoformat()}."
        operation |= {"deprecated": True, "description": f"{told} {operation.get('description', '')}".strip()}
