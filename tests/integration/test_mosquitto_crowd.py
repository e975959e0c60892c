"""A Mosquitto that knows 10,000 clients: how long a sign-in takes, from the page's question to CONNACK 0."""

import json
import secrets
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from chat_core.runtime import config
from chat_core.store import Store
from tests.conformance import frames
from tests.conformance.frames import CONNACK, RawClient, TcpPipe
from tests.real.wattline import ProductProcess, environment
from tests.waiting import wait_until

KNOWN = 10_000
TIMES = 9
FIRST = 4  # each waits for a reload, of which there is one a second
PORTAL_KEY = secrets.token_hex(32)
SETTINGS = {"WATTLINE_BROKER": "mosquitto", "WATTLINE_PORTAL_KEY": PORTAL_KEY}

pytestmark = pytest.mark.alone


class SignInCrowd:
    def __init__(self, data: Path) -> None:
        loaded = config.load(environment(data, SETTINGS))
        with Store.open(loaded, migrate=True) as store:
            store.registry.fill_guest_pool(KNOWN, time.time_ns() // 1_000_000)
        self.broker = ProductProcess("broker", data, settings=SETTINGS)
        self.port = self.broker.port("mqtt", within_s=60)
        assert (data / "mosquitto" / "password_file").read_text().count("\n") > KNOWN
        self.web = ProductProcess("web", data, settings=SETTINGS)
        self.base = f"http://127.0.0.1:{self.web.port('http')}"

    def close(self) -> None:
        self.web.close()
        self.broker.close()

    def sign_in(self, identity: str | None = None) -> float:
        """Return how long a sign-in takes, from the request for credentials; refused, it tries again."""
        began_s = time.perf_counter()
        body = json.dumps({"identity": identity} if identity else {}).encode()
        asked = urllib.request.Request(f"{self.base}/api/session", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=5) as answer:
            given = json.load(answer)
        wait_until(lambda: self._lets_in(given), 3)
        return time.perf_counter() - began_s

    def _lets_in(self, given: dict[str, str]) -> bool:
        with RawClient(TcpPipe("127.0.0.1", self.port)) as client:
            asked = frames.connect(given["client_id"], given["username"], given["password"])
            return client.send(asked).expect(CONNACK).body[1] == 0


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignInCrowd]:
    opened = SignInCrowd(tmp_path_factory.mktemp("crowd"))
    yield opened
    opened.close()


def identity(number: int) -> str:
    now_s = int(time.time())
    claims = {"aud": "wattline", "sub": f"c-{number}", "jti": secrets.token_hex(8), "iat": now_s, "exp": now_s + 60}
    return jwt.encode(claims, PORTAL_KEY, "HS256")


def say(what: str, times: list[float]) -> None:
    times.sort()
    sys.stdout.write(
        f"\n{KNOWN} known to Mosquitto: {what} in ms: median {times[len(times) // 2] * 1e3:.0f}, worst"
        f" {times[-1] * 1e3:.0f}\n"
    )


def test_guests(crowd: SignInCrowd) -> None:
    """A guest whom nobody met before is in within 100 ms: it was in the file already."""
    times = [crowd.sign_in() for _ in range(TIMES)]
    say("a guest", times)
    assert times[len(times) // 2] < 0.1


def test_portal_clients(crowd: SignInCrowd) -> None:
    """A portal's client is in within 1.5 s the very first time, with files written for it; later in 100 ms: medians."""
    first = [crowd.sign_in(identity(number)) for number in range(FIRST)]
    later = [crowd.sign_in(identity(number % FIRST)) for number in range(TIMES)]
    say("a client's first time", first)
    say("its later ones", later)
    assert first[len(first) // 2] < 1.5
    assert later[len(later) // 2] < 0.1
