"""Test API keys: who makes them, what they open, from where and how often; writes over REST."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from chat_core.contract.scopes import Scope
from chat_core.store.results import ApiKey
from tests.integration.web_under_test import AdminSession, WebUnderTest, json_of, problem_of
from tests.integration.writer_bench import bridge_at_work
from web import limits

ELSEWHERE: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}


def make_key(system: WebUnderTest, *scopes: Scope, **fields: Any) -> str:
    draft = ApiKey("test", "b-test", scopes or tuple(Scope), (), system.clock.ms, None)
    return system.store.registry.api_keys.create(draft._replace(**fields))[1]


def get(system: WebUnderTest, secret: str, **more: Any) -> TestResponse:
    return system.browser().get("/api/inbox", headers={"Authorization": f"Bearer {secret}"}, **more)


def write(system: WebUnderTest, secret: str, path: str, body: dict[str, Any], key: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {secret}"} | ({"Idempotency-Key": key} if key else {})
    return system.browser().post(path, json=body, headers=headers)


def test_an_administrator_makes_and_revokes_keys(system: WebUnderTest) -> None:
    """A new key's secret is shown once and stored as a hash; a revoked key opens nothing; agents make none."""
    admin = AdminSession(system.agent("a-ana", admin=True))
    body = {"name": "Billing", "speaker": "b-billing", "scopes": ["read"], "networks": ["198.51.100.7"]}
    made = json_of(admin.send("POST", "/api/keys", body))
    secret, key = made["secret"], made["key"]
    assert secret.startswith("wlk_") and key["hint"] == secret[-4:] and key["networks"] == ["198.51.100.7/32"]
    assert secret not in json.dumps(admin.get("/api/keys"))
    assert secret not in str(system.store.web.fetch("SELECT * FROM api_key"))
    for _ in range(2):
        assert get(system, secret, environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 200
    problem_of(get(system, secret, **ELSEWHERE), 403, "key_network")
    assert admin.get("/api/keys")["keys"][0]["uses"] == 2
    json_of(admin.send("POST", f"/api/keys/{key['id']}/revoke", {}))
    problem_of(get(system, secret), 401, "key_refused")
    problem_of(admin.send("POST", f"/api/keys/{key['id']}/revoke", {}), 404, "not_found")
    for wrong in ({"expires": 1}, {"speaker": "a-nobody"}, {"speaker": "c-42"}, {"networks": ["10.0.0.1/8"]}):
        assert admin.send("POST", "/api/keys", {**body, **wrong}).status_code in (404, 422)
    problem_of(system.get("/api/keys", "a-ben"), 403, "not_admin")


def test_a_key_of_a_known_bot(system: WebUnderTest) -> None:
    """A key for a bot that is there leaves the bot's name as it is; one for a new bot names it."""
    for name in ("Billing", "Second key"):
        make_key(system, name=name, speaker="b-billing")
    assert system.store.registry.names(["b-billing"]) == {"b-billing": "Billing"}


def test_keys_are_bounded(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are at most so many keys; an administrator revokes one first."""
    monkeypatch.setattr("chat_core.store.api_keys.AT_MOST", 2)
    make_key(system)
    make_key(system)
    body = {"name": "More", "speaker": "b-more", "scopes": ["read"]}
    problem_of(AdminSession(system.agent("a-ana", admin=True)).send("POST", "/api/keys", body), 409, "too_many_keys")


def test_keys_end(system: WebUnderTest) -> None:
    """A key ends at its second, and while its speaker is disabled."""
    brief = make_key(system, expires=system.clock.ms + 60_000)
    system.store.registry.add_agent("a-ben", "Ben")
    of_ben = make_key(system, speaker="a-ben")
    assert (get(system, brief).status_code, get(system, of_ben).status_code) == (200, 200)
    system.clock.forward(60)
    problem_of(get(system, brief), 401, "key_refused")
    system.store.registry.disable_agent("a-ben")
    problem_of(get(system, of_ben), 403, "disabled")


def test_wrong_keys_are_limited(system: WebUnderTest) -> None:
    """Wrong keys are counted as wrong passwords are; a right one goes on from the same address."""
    right = make_key(system)
    for _ in range(20):
        problem_of(get(system, "wlk_guess"), 401, "key_refused")
    problem_of(get(system, "wlk_guess"), 429, "too_fast")
    assert get(system, right).status_code == 200


def test_a_key_s_rate(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer tells the limit and what is left of it; beyond it the key waits as long as `Retry-After` says."""
    monkeypatch.setattr(limits, "KEY_IN_MINUTE", 2)
    secret = make_key(system)
    told = [get(system, secret).headers["RateLimit"] for _ in range(2)]
    assert [one.split(";")[:2] for one in told] == [['"key"', "r=1"], ['"key"', "r=0"]]
    beyond = get(system, secret)
    problem_of(beyond, 429, "too_fast")
    assert beyond.headers["RateLimit-Policy"] == '"key";q=2;w=60' and beyond.headers["RateLimit"].startswith(
        '"key";r=0'
    )
    assert beyond.headers["RateLimit"].endswith(f"t={beyond.headers['Retry-After']}")
    assert "RateLimit" not in system.get("/api/inbox", "a-ana").headers


def test_words_over_rest(system: WebUnderTest) -> None:
    """A message is stored once however often it is sent under its key, and its answer is the seq, or the refusal."""
    secret = make_key(system)
    system.store.registry.ensure_client("c-42")
    say, hello = "/api/clients/c-42/messages", {"text": "Your bill is ready."}
    with bridge_at_work(system.store):
        first = json_of(write(system, secret, say, hello, "k-1"))
        assert (first["state"], first["seq"]) == ("stored", 2)
        assert json_of(write(system, secret, say, hello, '"k-1"')) == first
        problem_of(write(system, secret, say, {"text": "Other."}, "k-1"), 422, "key_reused")
        assert json_of(write(system, make_key(system), say, hello, "k-1"))["seq"] == 3  # another API key's own
        commands = "/api/clients/c-42/commands"
        assert json_of(write(system, secret, commands, {"do": "tag", "add": ["bill"]}))["seq"] == 3
        assert json_of(write(system, secret, commands, {"do": "resolve"}))["seq"] == 4
        problem_of(write(system, secret, commands, {"do": "resolve"}), 409, "wrong_state")
        problem_of(write(system, secret, "/api/clients/c-9/messages", hello), 404, "not_found")
    problem_of(write(system, secret, say, hello, "a b"), 400, "bad_idempotency_key")
    problem_of(write(system, secret, say, {"text": ""}), 422, "bad_request")
    problem_of(write(system, secret, say, {"kind": "card"}), 422, "bad_payload")
    said = [(entry["from"], entry["kind"]) for entry in system.store.log.page("c-42").entries]
    assert said == [("b-test", "opened"), ("b-test", "text"), ("b-test", "text"), ("b-test", "resolved")]
    assert system.browser().post(say, json=hello, headers=system.bearer("a-ana")).status_code == 403


def test_words_without_a_bridge(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a bridge the answer is 202 and where to look; once it works, the message is stored."""
    monkeypatch.setattr("web.api.messages.WAIT_S", 0)
    system.store.registry.ensure_client("c-42")
    secret = make_key(system)
    later = write(system, secret, "/api/clients/c-42/messages", {"text": "hello"}, "k-1")
    assert later.status_code == 202 and json_of(later)["state"] == "waiting"
    look = {"path": later.headers["Location"], "headers": {"Authorization": f"Bearer {secret}"}}
    monkeypatch.setattr("web.api.messages.WAIT_S", 10)
    with bridge_at_work(system.store):
        write(system, secret, "/api/clients/c-42/messages", {"text": "hello"}, "k-1")
    assert json_of(system.browser().get(**look))["state"] == "stored"
    of_other = {"Authorization": f"Bearer {make_key(system)}"}
    problem_of(system.browser().get(look["path"], headers=of_other), 404, "not_found")


def test_the_next_page_is_linked(system: WebUnderTest) -> None:
    """A page of a list links the next one, to be asked for as it is; the last page links none."""
    for client in ("c-41", "c-42", "c-43"):
        system.say(client, "hello")
    path, headers, found = "/api/inbox?limit=2", {"Authorization": f"Bearer {make_key(system)}"}, []
    while path:
        answer = system.browser().get(path, headers=headers)
        found += [row["client"] for row in json_of(answer)["summaries"]]
        path = answer.headers.get("Link", "<>").partition(">")[0][1:]
    assert sorted(found) == ["c-41", "c-42", "c-43"]
