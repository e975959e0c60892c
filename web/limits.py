"""
Limit requests by address and by account. Counts in this process's memory.

The rules stand together, so that an operator can read them in one place.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from flask import request

from chat_core.contract.errors import TooFast
from chat_core.runtime.addresses import site_of

MOST_KEYS: Final = 50_000  # 100 bytes each, and 8 for each event in its window
PERIODS_S: Final = {"minute": 60.0, "hour": 3_600.0}

SIGN_IN_ADDRESS: Final = ("20/minute", "200/hour")
SIGN_IN_PAIR: Final = ("10/minute", "60/hour")  # of one account from one address; cleared by a successful sign-in
SIGN_IN_ACCOUNT: Final = ("100/minute", "1000/hour")  # from all addresses together: a guess a second for years
SIGN_IN_BROWSER: Final = ("10/minute", "60/hour")  # of one that signed in before, which nothing else is counted for
SETUP_ADDRESS: Final = ("20/minute",)
GUEST_ADDRESS: Final = ("30/minute", "300/hour")  # new guests; many people can share one address
SESSION_ADDRESS: Final = ("300/minute",)  # a whole company behind one address
SESSION_ACCOUNT: Final = ("60/minute",)
EXPORT_CLIENT: Final = ("5/minute", "20/hour")  # each reads all that is kept of a client
RENAME_CLIENT: Final = ("10/minute", "60/hour")  # each is written, and told to every board
UPLOAD_SENDER: Final = ("30/minute", "200/hour")


def address() -> str:
    """Return the peer's IPv4 address, or the /64 of its IPv6 address."""
    return site_of(request.remote_addr or "")


class RequestLimits:
    """The counters of one app. `sessions` off leaves only those of sign-in, for load tests (WATTLINE_RATE=off)."""

    def __init__(self, *, sessions: bool) -> None:
        self._windows = MovingWindows()
        self._sessions = sessions

    def spend_sign_in(self, account: str, browser: str | None) -> None:
        """
        Count an attempt against the address, the account from this address, and the account.

        Args: browser: the name of one in which the account signed in before: then for that alone, so that others'
            tries keep nobody out.
        Raises: TooFast when one of them is used up, for accounts that do not exist alike.
        """
        if browser is not None:
            self._count("sign-in browser", SIGN_IN_BROWSER, browser)
            return
        self._count("sign-in address", SIGN_IN_ADDRESS, address())
        self._count("sign-in pair", SIGN_IN_PAIR, f"{account} {address()}")
        self._count("sign-in account", SIGN_IN_ACCOUNT, account)

    def forgive_sign_in(self, account: str, browser: str | None) -> None:
        """A successful sign-in leaves its browser, and its account at this address, with no attempts counted."""
        for rule in SIGN_IN_PAIR:
            self._windows.clear(rule, "sign-in pair", f"{account} {address()}")
        for rule in SIGN_IN_BROWSER if browser else ():
            self._windows.clear(rule, "sign-in browser", browser or "")

    def spend_setup(self) -> None:
        """Count a try of a one-time link. Raises: TooFast."""
        self._count("setup address", SETUP_ADDRESS, address())

    def spend_session(self) -> None:
        """Count a request for credentials against the address. Raises: TooFast."""
        if self._sessions:
            self._count("session address", SESSION_ADDRESS, address())

    def spend_new_guest(self) -> None:
        """Count a new guest against the address. Raises: TooFast."""
        if self._sessions:
            self._count("guest address", GUEST_ADDRESS, address())

    def spend_account(self, name: str) -> None:
        """Count a request for credentials of this id. Raises: TooFast."""
        if self._sessions:
            self._count("session account", SESSION_ACCOUNT, name)

    def spend_export(self, client: str) -> None:
        """Count an export that this client asks for. Raises: TooFast."""
        if self._sessions:
            self._count("export client", EXPORT_CLIENT, client)

    def spend_rename(self, client: str) -> None:
        """Count a new name of this client. Raises: TooFast."""
        if self._sessions:
            self._count("rename client", RENAME_CLIENT, client)

    def spend_upload(self, sender: str) -> None:
        """Count an upload of this sender. Raises: TooFast."""
        if self._sessions:
            self._count("upload sender", UPLOAD_SENDER, sender)

    def _count(self, what: str, rules: tuple[str, ...], key: str) -> None:
        for rule in rules:
            wait_s = self._windows.hit(rule, what, key)
            if wait_s is not None:
                raise TooFast(
                    "Too many attempts. Please wait a moment and try again.", retry_ms=max(1000, round(wait_s * 1000))
                )


class MovingWindows:
    """Thread-safe. A key is forgotten when its last event is out of its window, or when too many others are newer."""

    def __init__(self, *, most_keys: int = MOST_KEYS, now_s: Callable[[], float] = time.monotonic) -> None:
        """Args: most_keys: that are remembered for each rule."""
        self._most_keys = most_keys
        self._now_s = now_s
        self._by_rule: dict[str, OrderedDict[tuple[str, str], deque[float]]] = {}
        self._lock = threading.Lock()

    def hit(self, rule: str, what: str, key: str) -> float | None:
        """
        Count one event, or return in how many seconds one is allowed.

        Args: rule: such as `20/minute`; what: which of several counters of the key.
        """
        count, _, period = rule.partition("/")
        window_s, now_s = PERIODS_S[period], self._now_s()
        with self._lock:
            keys = self._by_rule.setdefault(rule, OrderedDict())
            self._forget(keys, now_s - window_s)
            events = keys.setdefault((what, key), deque())
            while events and events[0] <= now_s - window_s:
                events.popleft()
            if len(events) >= int(count):
                return events[0] + window_s - now_s
            events.append(now_s)
            keys.move_to_end((what, key))
        return None

    def clear(self, rule: str, what: str, key: str) -> None:
        """Forget the key's events."""
        with self._lock:
            self._by_rule.get(rule, OrderedDict()).pop((what, key), None)

    def _forget(self, keys: OrderedDict[tuple[str, str], deque[float]], before_s: float) -> None:
        """Remove what was hit longest ago: two keys at each hit at most, so that none takes long."""
        for _ in range(2):
            events = next(iter(keys.values()), None)
            if events is None or (len(keys) < self._most_keys and events and events[-1] > before_s):
                return
            keys.popitem(last=False)

    def __len__(self) -> int:
        """Return the number of keys in memory."""
        return sum(len(keys) for keys in self._by_rule.values())
