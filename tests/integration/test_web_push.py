"""/api/push: who may be notified where, and who learns of it."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.integration.web_under_test import WebUnderTest, json_of, problem_of
from web import push_crypto
from web.api.push import name_browser

ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc:123"
KEY = push_crypto.encode(push_crypto.public_bytes(ec.derive_private_key(7, push_crypto.CURVE)))
SUBSCRIPTION = {"endpoint": ENDPOINT, "keys": {"p256dh": KEY, "auth": push_crypto.encode(b"s" * 16)}, "lang": "ro"}
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def subscribe(system: WebUnderTest, who: str, **changed: Any) -> Any:
    headers = {**system.bearer(who), "User-Agent": LINUX}
    return system.browser().put("/api/push/browsers", json={**SUBSCRIPTION, **changed}, headers=headers)


def browsers(system: WebUnderTest, who: str) -> list[dict[str, Any]]:
    return list(json_of(system.get("/api/push", who))["browsers"])


def post(system: WebUnderTest, path: str, who: str, body: object) -> Any:
    return system.browser().post(f"/api/push/{path}", json=body, headers=system.bearer(who))


@pytest.mark.parametrize("who", ["c-42", "g-1", "a-ana"])
def test_subscribe_list_and_remove(system: WebUnderTest, who: str) -> None:
    """A person subscribes, sees since when and in which browser, and removes it; nobody else sees or removes it."""
    id = json_of(subscribe(system, who))["id"]
    shown = {"id": id, "browser": "Chrome on Linux", "created": system.clock.ms, "succeeded": None}
    assert browsers(system, who) == [shown] and browsers(system, "c-7") == []
    problem_of(post(system, f"browsers/{id}/remove", "c-7", {}), 404, "not_found")
    assert json_of(post(system, f"browsers/{id}/remove", who, {}))["browsers"] == []


def test_a_shared_browser(system: WebUnderTest) -> None:
    """An endpoint is whose who came last; whoever signs in there without subscribing ends it for the one before."""
    subscribe(system, "c-42")
    subscribe(system, "c-43")
    assert browsers(system, "c-42") == [] and len(browsers(system, "c-43")) == 1
    post(system, "release", "a-ana", {"endpoint": ENDPOINT})
    assert browsers(system, "c-43") == []


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("http://fcm.googleapis.com/x", "unknown_push_service"),
        ("https://fcm.googleapis.com.evil.example/x", "unknown_push_service"),
        ("https://evilfcm.googleapis.com/x", "unknown_push_service"),
        ("https://fcm.googleapis.com:8443/x", "unknown_push_service"),
        ("https://169.254.169.254/latest", "unknown_push_service"),
        ("https://user@fcm.googleapis.com/x", "bad_url"),
        ("https://fcm.googleapis.com/x#y", "bad_url"),
        ("https://[::1/x", "bad_url"),
        ("nonsense", "bad_url"),
    ],
)
def test_only_push_services(system: WebUnderTest, endpoint: str, code: str) -> None:
    """An endpoint that is not at a configured push service is refused."""
    problem_of(subscribe(system, "c-42", endpoint=endpoint), 422, code)


def test_wrong_subscriptions(system: WebUnderTest) -> None:
    """Keys that encrypt nothing are refused, bots are not notified, and a person asks a few times a minute."""
    wrong = {"p256dh": KEY[:-4], "auth": SUBSCRIPTION["keys"]["auth"]}  # type: ignore[index]
    assert "keys" in problem_of(subscribe(system, "c-42", keys=wrong), 422, "bad_request")["detail"]
    problem_of(subscribe(system, "b-rules"), 403, "not_allowed")
    assert [subscribe(system, "c-43").status_code for _ in range(11)][-2:] == [200, 429]


def test_the_key_and_its_change(system: WebUnderTest) -> None:
    """Everybody gets the server's key; another one begins with no browser."""
    key = json_of(system.get("/api/push", "c-42"))["key"]
    assert key == json_of(system.get("/api/push", "a-ana"))["key"] and len(push_crypto.decode(key)) == 65
    subscribe(system, "c-42")
    system.store.registry.push.change_key()
    after = json_of(system.get("/api/push", "c-42"))
    assert after["key"] != key and after["browsers"] == []


def test_an_agent_looks(system: WebUnderTest) -> None:
    """
    A visible board holds notifications back for a little more than a minute, and for 35 s after one was hidden.

    The database's clock counts: that of this web's machine may be an hour ahead.
    """
    system.clock.forward(3_600)
    bearer, push = system.bearer("a-ana"), system.store.registry.push

    def tell(on: bool) -> None:
        assert json_of(system.browser().put("/api/push/watching", json={"on": on}, headers=bearer)) == {"on": on}

    tell(True)
    assert 60_000 < push.watched_for_ms("a-ana") <= 75_000
    tell(False)  # another board may be visible, and says so every 30 s
    assert 20_000 < push.watched_for_ms("a-ana") <= 35_000
    push.watch("a-ana", 0)
    tell(False)
    assert push.watched_for_ms("a-ana") == 0
    client = system.browser().put("/api/push/watching", json={"on": True}, headers=system.bearer("c-42"))
    problem_of(client, 403, "not_allowed")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (LINUX, "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) … Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) … Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8", "Browser"),
    ],
)
def test_browsers_have_names(agent: str, name: str) -> None:
    """People recognise their browsers in the list."""
    assert name_browser(agent) == name
