"""Limit requests by address and by account, counted in this process's memory."""

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
SIGN_IN_PAIR: Final = ("10/minute", "60/hour")  # of one account from one address; a sign-in clears it
SIGN_IN_ACCOUNT: Final = ("100/minute", "1000/hour")  # from all addresses together
SIGN_IN_BROWSER: Final = ("10/minute", "60/hour")  # of a browser with a device cookie, in place of the others
SETUP_ADDRESS: Final = ("20/minute",)
GUEST_ADDRESS: Final = ("30/minute", "300/hour")  # new guests; many people can share one address
SESSION_ADDRESS: Final = ("300/minute",)  # a whole company can share one address
SESSION_ACCOUNT: Final = ("60/minute",)
EXPORT_CLIENT: Final = ("5/minute", "20/hour")  # each reads all data of a client
RENAME_CLIENT: Final = ("10/minute", "60/hour")  # each writes a row and notifies every board
UPLOAD_SENDER: Final = ("30/minute", "200/hour")


def address() -> str:
    """Return the peer's IPv4 address, or the /64 of its IPv6 address."""
    return site_of(request.remote_addr or "")


class RequestLimits:
    """Count one app's requests. `sessions` off leaves only the sign-in limits, for load tests (WATTLINE_RATE=off)."""

    def __init__(self, *, sessions: bool) -> None:
        self._windows = MovingWindows()
        self._sessions = sessions

    def spend_sign_in(self, account: str, browser: str | None) -> None:
        """
        Count an attempt against the address, the account from this address, and the account.

        Args: browser: of the device cookie, if there is one: then count against this browser alone.
        Raises: TooFast past a limit, also for unknown accounts.
        """
        if browser is not None:
            self._count("sign-in browser", SIGN_IN_BROWSER, browser)
            return
        self._count("sign-in address", SIGN_IN_ADDRESS, address())
        self._count("sign-in pair", SIGN_IN_PAIR, f"{account} {address()}")
        self._count("sign-in account", SIGN_IN_ACCOUNT, account)

    def forgive_sign_in(self, account: str, browser: str | None) -> None:
        """Clear the attempts of the browser, and of the account from this address."""
        for rule in SIGN_IN_PAIR:
            self._windows.clear(rule, "sign-in pair", f"{account} {address()}")
        for rule in SIGN_IN_BROWSER if browser else ():
            self._windows.clear(rule, "sign-in browser", browser or "")

    def spend_setup(self) -> None:
        """Count an attempt to use a one-time link. Raises: TooFast."""
        self._count("setup address", SETUP_ADDRESS, address())

    def spend_session(self) -> None:
        """Count a request for credentials against the address. Raises: TooFast."""
        self._spend("session address", SESSION_ADDRESS, address())

    def spend_new_guest(self) -> None:
        """Count a new guest against the address. Raises: TooFast."""
        self._spend("guest address", GUEST_ADDRESS, address())

    def spend_account(self, name: str) -> None:
        """Count a request for credentials of this id. Raises: TooFast."""
        self._spend("session account", SESSION_ACCOUNT, name)

    def spend_export(self, client: str) -> None:
        """Count a client's export of its own data. Raises: TooFast."""
        self._spend("export client", EXPORT_CLIENT, client)

    def spend_rename(self, client: str) -> None:
        """Count a new name of this client. Raises: TooFast."""
        self._spend("rename client", RENAME_CLIENT, client)

    def spend_upload(self, sender: str) -> None:
        """Count an upload of this sender. Raises: TooFast."""
        self._spend("upload sender", UPLOAD_SENDER, sender)

    def _spend(self, what: str, rules: tuple[str, ...], key: str) -> None:
        if self._sessions:
            self._count(what, rules, key)

    def _count(self, what: str, rules: tuple[str, ...], key: str) -> None:
        for rule in rules:
            wait_s = self._windows.hit(rule, what, key)
            if wait_s is not None:
                text = "Too many attempts. Wait a moment and try again."
                raise TooFast(text, retry_ms=max(1000, round(wait_s * 1000)))


class MovingWindows:
    """
    Count events in moving windows. Memory is bounded: old keys go first. Thread-safe.

    The package `limits` never deletes a key, and walks over all of them at every hit.
    """

    def __init__(self, *, most_keys: int = MOST_KEYS, now_s: Callable[[], float] = time.monotonic) -> None:
        """Args: most_keys: of each rule."""
        self._most_keys = most_keys
        self._now_s = now_s
        self._by_rule: dict[str, OrderedDict[tuple[str, str], deque[float]]] = {}
        self._lock = threading.Lock()

    def hit(self, rule: str, what: str, key: str) -> float | None:
        """
        Count one event and return None; past the limit, return after how many seconds one is allowed.

        Args: rule: such as `20/minute`; what: names one of a key's counters.
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
        """Delete the key's events."""
        with self._lock:
            self._by_rule.get(rule, OrderedDict()).pop((what, key), None)

    def _forget(self, keys: OrderedDict[tuple[str, str], deque[float]], before_s: float) -> None:
        """Delete the keys with the oldest events, two at most, so that no hit takes long."""
        for _ in range(2):
            events = next(iter(keys.values()), None)
            if events is None or (len(keys) < self._most_keys and events and events[-1] > before_s):
                return
            keys.popitem(last=False)

    def __len__(self) -> int:
        """Return the number of keys in memory."""
        return sum(len(keys) for keys in self._by_rule.values())
