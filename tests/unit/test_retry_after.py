"""Retry-After: when a receiver of webhooks wants a delivery again."""

import time
from email.utils import formatdate

import pytest

from web.outbound.channel import NotSent
from web.outbound.http import HttpAnswer
from web.outbound.webhooks import _check


@pytest.mark.parametrize(
    ("after", "retry_s"),
    [("120", 120.0), ("a date", 600.0), ("soon", None), ("", None)],
)
def test_retry_after(after: str, retry_s: float | None) -> None:
    """It holds seconds or a date; anything else is passed over."""
    if after == "a date":
        after = formatdate(time.time() + 600, usegmt=True)
    with pytest.raises(NotSent) as put_off:
        _check(HttpAnswer(503, {"retry-after": after}, ""))
    assert put_off.value.retry_s == (None if retry_s is None else pytest.approx(retry_s, abs=5))
