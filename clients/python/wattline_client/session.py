"""
Hold an identity's credentials, and renew them before they end. Touches the network.

The server's times are taken as differences to the clock in its answer, and measured on this machine's monotonic clock:
a wrong clock on either side does not matter.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from bridge.mqtt.given_login import login_of
from bridge.mqtt.link import Login
from chat_core.contract.errors import NotSignedIn, Unavailable
from wattline_client.rest import Rest, ServerRefusal

SPARE_S: Final = 30.0  # credentials that end sooner are not worth a connection
LASTING_S: Final = 60.0  # a connection that held so long proves its credentials
UNPROVEN_TRIES: Final = 4
REFUSALS: Final = (401, 403)
ANSWERS_WITHIN_S: Final = 5.0  # the connection is not served meanwhile, and is lost after 15 s of silence


class ClientSession:
    """Sign in, and stay signed in. Safe from any thread."""

    def __init__(
        self,
        base: str,
        begin: Callable[[], Mapping[str, str | None]] | None = None,
        *,
        lang: str = "en",
        first: Mapping[str, Any] | None = None,
    ) -> None:
        """
        Sign in, unless `first` holds credentials.

        Args: base: Wattline's URL; begin: what `POST /api/session` gets for a new sign-in, a None in it means signed
            out; None: only renewal is possible. first: the answer of an earlier `POST /api/session`, or a line of
            `wattline token`.
        Raises: Unavailable; ServerRefusal; NotSignedIn.
        """
        self.base = base.rstrip("/")
        self._begin = begin
        self._lang = lang
        self._lock = threading.Lock()
        self._held: Mapping[str, Any] = {}
        self._api_ends_s = self._given_s = 0.0
        self._tries = 0
        if first is None:
            self._take(self._sign_in())
        else:
            self._take(first)

    @property
    def id(self) -> str:
        """Return the identity, such as `c-42`."""
        return str(self._held["username"])

    @property
    def guest(self) -> str | None:
        """Return a guest's token: keep it to return as the same guest."""
        return self._held.get("guest")

    def bearer(self) -> str:
        """Return a bearer for REST. Raises: as the constructor."""
        with self._lock:
            if time.monotonic() > self._api_ends_s - SPARE_S:
                self._renew()
            return str(self._held["api_token"])

    def login(self) -> Login:
        """Return the credentials of the next connection. Raises: as the constructor."""
        with self._lock:
            now_s = time.monotonic()
            self._tries = 1 if now_s - self._given_s > LASTING_S else self._tries + 1
            self._given_s = now_s
            # Refused again and again: the server's keys have changed. Doubling, so that an outage makes no crowd.
            unproven = self._tries >= UNPROVEN_TRIES and self._tries & (self._tries - 1) == 0
            if self._login.renew_at_s is not None and (now_s >= self._login.renew_at_s or unproven):
                try:
                    self._renew()
                except (Unavailable, ServerRefusal) as fault:
                    if not _passes(fault) or self._login.ends_at_s is None or now_s > self._login.ends_at_s:
                        raise
            return self._login

    def _renew(self) -> None:
        """Ask by the bearer while it lives, else sign in anew."""
        if time.monotonic() < self._api_ends_s - SPARE_S or self._begin is None:
            try:
                self._take({"guest": self.guest, **_present(self._ask({}, str(self._held["api_token"])))})
                return
            except ServerRefusal as fault:
                if fault.http_status not in REFUSALS or self._begin is None:
                    raise
        self._take({"guest": self.guest, **_present(self._sign_in())})

    def _sign_in(self) -> dict[str, Any]:
        body = dict(self._begin()) if self._begin is not None else {}
        if None in body.values():
            raise NotSignedIn("There is no identity: the user has signed out.")
        if self.guest and "identity" not in body:
            body["guest"] = self.guest
        return self._ask({**body, "lang": self._lang})

    def _ask(self, body: dict[str, Any], bearer: str | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = Rest(self.base, bearer, timeout_s=ANSWERS_WITHIN_S).send("POST", "/api/session", body)
        return answer

    def _take(self, answer: Mapping[str, Any]) -> None:
        if self._held and answer["username"] != self.id:
            raise NotSignedIn(f"The server signed in {answer['username']} instead of {self.id}. Begin another session.")
        here_s = time.monotonic()
        # Through the server's own address and path: the broker's port may not be reachable from here.
        url = answer["ws_url"] if "now" in answer else answer["url"]
        self._login = login_of({**answer, "url": url})
        life_s = (int(answer["expires"]) - int(answer.get("now", time.time() * 1000))) / 1000
        if "api_expires" in answer:
            life_s = (int(answer["api_expires"]) - int(answer["now"])) / 1000
        self._held, self._api_ends_s = answer, here_s + life_s


def _passes(fault: Unavailable | ServerRefusal) -> bool:
    """Return whether the server may answer the same request later."""
    return isinstance(fault, Unavailable) or fault.http_status == 429 or fault.http_status >= 500


def _present(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if value is not None}
