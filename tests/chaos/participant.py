"""Record what the product's own participant says and hears, so that its outbox and its catching up are judged."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from bridge.mqtt.link import Login
from bridge.participant import Participant, login_of
from bridge.participant.rest import Api, Page
from chat_core.contract.errors import BrokerDown
from chat_core.contract.ids import new_client_id
from chat_core.contract.payloads import Entry, Refusal, encode
from tests.chaos.history import Record, Spoken, Tick

PARTNER: Final = "c-partner"

Address = Callable[[], tuple[str, int]]
Url = Callable[[], str]


def moving_api(url: Url, token: str) -> Api | None:
    """REST where web is now: another port after each start of the system."""

    class Moving(Api):
        def page_after(self, client: str, seq: int) -> Page:
            return Api(url(), self.token).page_after(client, seq)

    return Moving("", lambda: token)


class Partner:
    """A client that talks and follows its own log. Args: on_tick: called from the participant's thread."""

    def __init__(
        self, credentials: Mapping[str, Any], address: Address, url: Url, on_tick: Callable[[Tick], None]
    ) -> None:
        self._record = Record(PARTNER, follows=True)
        self._credentials, self._address = credentials, address
        self._on_tick = on_tick
        self._lock = threading.Lock()
        api = moving_api(url, str(credentials["api_token"]))
        self._participant = Participant(PARTNER, self._login, api=api)
        self._participant.on_entry = self._hear
        self._participant.on_refusal = self._refused

    def _login(self) -> Login:
        try:
            host, port = self._address()
        except OSError as fault:
            raise BrokerDown("The broker has not said where it listens.") from fault
        own = new_client_id(PARTNER, secrets.token_bytes(16))
        return replace(login_of(self._credentials), host=host, port=port, client_id=own)

    def start(self) -> None:
        self._participant.start()

    def close(self) -> None:
        self._participant.close()

    @property
    def ready(self) -> bool:
        return self._participant.ready

    @property
    def heard(self) -> int:
        return len(self._record.heard.get(PARTNER, ()))

    def say(self) -> None:
        with self._lock:
            number = len(self._record.spoken) + 1
            said = Spoken(PARTNER, f"{PARTNER}-{number}", f"{PARTNER} says number {number}", time.monotonic())
            self._record.spoken.append(said)
        self._participant.say(said.text, id=said.id)

    @property
    def pending(self) -> int:
        return len(self._participant.pending)

    def record(self) -> Record:
        with self._lock:
            copy = deepcopy(self._record)
        copy.outbox = {(PARTNER, id) for id in self._participant.pending}
        copy.refused = {(PARTNER, id) for id in self._participant.failed}
        return copy

    def _hear(self, client: str, entry: Entry) -> None:
        tick = Tick(client, entry.id, entry.seq, time.monotonic()) if self._is_mine(entry) else None
        with self._lock:
            self._record.heard.setdefault(client, []).append(json.loads(encode(entry)))
            if tick is not None:
                self._record.ticks.append(tick)
        if tick is not None:
            self._on_tick(tick)

    def _is_mine(self, entry: Entry) -> bool:
        return entry.sender == PARTNER and entry.kind == "text"

    def _refused(self, refusal: Refusal) -> None:
        """A final refusal is shown by the participant itself: `failed`."""
