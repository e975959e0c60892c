"""
Limit requests by address and by account.

The database counts what somebody could multiply by asking another web process. This process's memory counts requests
for credentials, whose limit only protects the process. The database has keyed hashes of addresses and accounts.
"""

import hmac
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from flask import request

from chat_core.contract.errors import TooFast
from chat_core.runtime.addresses import Networks, site_of
from chat_core.store.attempts import AttemptLimit, Attempts, AttemptsLeft

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
PUSH_PERSON: Final = ("10/minute", "60/hour")  # each writes a row
VERIFY_CLIENT: Final = ("2/minute", "5/hour")  # mails that verify an address: of a client, to an address, from one
VERIFY_TARGET: Final = ("2/minute", "3/hour")
VERIFY_ADDRESS: Final = ("10/minute", "60/hour")
MAIL_CLIENT: Final = ("10/minute", "60/hour")  # mails that a client answers with
UPLOAD_SENDER: Final = ("30/minute", "200/hour")
WRONG_KEY_ADDRESS: Final = SIGN_IN_ADDRESS
KEY_IN_MINUTE: Final = 600  # requests of one API key


def address() -> str:
    """Return the peer's IPv4 address, or the /64 of its IPv6 address."""
    return site_of(request.remote_addr or "")


class RequestLimits:
    """Count requests. `sessions` off leaves only the sign-in limits, for load tests (WATTLINE_RATE=off)."""

    def __init__(self, attempts: Attempts, secret: bytes, offices: Networks, *, sessions: bool) -> None:
        """Args: secret: of the hashes; offices: addresses that many people share, without limits of their own."""
        self._attempts = attempts
        self._secret = secret
        self._offices = offices
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
        self._count_all(
            *self._of_address("sign-in address", SIGN_IN_ADDRESS),
            self._limit("sign-in pair", SIGN_IN_PAIR, f"{account} {address()}"),
            self._limit("sign-in account", SIGN_IN_ACCOUNT, account),
        )

    def forgive_sign_in(self, account: str, browser: str | None) -> None:
        """Clear the attempts of the browser, or those on the account from this address."""
        if browser is not None:
            self._attempts.forget(self._hashed("sign-in browser", browser))
        else:
            self._attempts.forget(self._hashed("sign-in pair", f"{account} {address()}"))

    def spend_setup(self) -> None:
        """Count an attempt to use a one-time link. Raises: TooFast."""
        self._count_all(*self._of_address("setup address", SETUP_ADDRESS))

    def spend_session(self) -> None:
        """Count a request for credentials against the address. Raises: TooFast."""
        if self._sessions and not self._is_office():
            self._hit("session address", SESSION_ADDRESS, address())

    def spend_new_guest(self) -> None:
        """Count a new guest against the address. Raises: TooFast."""
        if self._sessions:
            self._count_all(*self._of_address("guest address", GUEST_ADDRESS))

    def spend_account(self, name: str) -> None:
        """Count a request for credentials of this id. Raises: TooFast."""
        if self._sessions:
            self._hit("session account", SESSION_ACCOUNT, name)

    def spend_export(self, client: str) -> None:
        """Count a client's export of its own data. Raises: TooFast."""
        self._spend("export client", EXPORT_CLIENT, client)

    def spend_rename(self, client: str) -> None:
        """Count a new name of this client. Raises: TooFast."""
        self._spend("rename client", RENAME_CLIENT, client)

    def spend_push(self, person: str) -> None:
        """Count a browser in which the person wants to be notified. Raises: TooFast."""
        self._spend("push person", PUSH_PERSON, person)

    def spend_verification(self, client: str, target: str) -> None:
        """Count a mail that verifies an address, against client, mail address and IP address. Raises: TooFast."""
        self._count_all(
            self._limit("verify client", VERIFY_CLIENT, client),
            self._limit("verify target", VERIFY_TARGET, target.lower()),
            *self._of_address("verify address", VERIFY_ADDRESS),
        )

    def spend_mail(self, client: str) -> None:
        """Count a mail that the client answers with. Raises: TooFast."""
        self._count("mail client", MAIL_CLIENT, client)

    def spend_upload(self, sender: str) -> None:
        """Count an upload of this sender. Raises: TooFast."""
        self._spend("upload sender", UPLOAD_SENDER, sender)

    def spend_wrong_key(self) -> None:
        """Count a wrong API key against the address, as a wrong password. Raises: TooFast."""
        self._count_all(*self._of_address("wrong key address", WRONG_KEY_ADDRESS))

    def spend_key(self, key: str) -> AttemptsLeft | None:
        """Count a request of the API key; return how many are left in the minute, None without a limit."""
        if not self._sessions:
            return None
        return self._attempts.count_one(AttemptLimit(self._hashed("key", key), KEY_IN_MINUTE))

    def _spend(self, what: str, rules: tuple[str, ...], key: str) -> None:
        if self._sessions:
            self._count(what, rules, key)

    def _count(self, what: str, rules: tuple[str, ...], key: str) -> None:
        self._count_all(self._limit(what, rules, key))

    def _count_all(self, *limits: AttemptLimit) -> None:
        wait_ms = self._attempts.count(limits) if limits else None
        if wait_ms is not None:
            raise _too_fast(wait_ms)

    def _of_address(self, what: str, rules: tuple[str, ...]) -> tuple[AttemptLimit, ...]:
        """Return the limit of the request's address, or none for an office."""
        return () if self._is_office() else (self._limit(what, rules, address()),)

    def _is_office(self) -> bool:
        return (request.remote_addr or "") in self._offices

    def _limit(self, what: str, rules: tuple[str, ...], key: str) -> AttemptLimit:
        most = {period: int(count) for count, _, period in (rule.partition("/") for rule in rules)}
        return AttemptLimit(self._hashed(what, key), most["minute"], most.get("hour"))

    def _hashed(self, what: str, key: str) -> str:
        return hmac.digest(self._secret, f"{what} {key}".encode(), "sha256").hex()[:32]

    def _hit(self, what: str, rules: tuple[str, ...], key: str) -> None:
        for rule in rules:
            wait_s = self._windows.hit(rule, what, key)
            if wait_s is not None:
                raise _too_fast(round(wait_s * 1000))


def _too_fast(wait_ms: int) -> TooFast:
    return TooFast("Too many attempts. Wait a moment and try again.", retry_ms=max(1000, wait_ms))


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
