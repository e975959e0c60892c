"""Credentials: who signed, for whom, until when."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from chat_core.contract import ids
from chat_core.contract.errors import BadId, NotAllowed
from chat_core.runtime import brokers, config, tokens
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder

NOW_S = 1_800_000_000.0
KEYS = Keys(signing={"old": b"o" * 32, "new": b"n" * 32}, password=b"p" * 32, flask=b"f" * 32, demo_portal=b"d" * 32)
OTHERS = replace(KEYS, signing={"old": b"O" * 32, "new": b"N" * 32}, demo_portal=b"D" * 32)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
PORTAL_SECRET = "a portal's secret of enough bytes"


def public_pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def settings(**more: str) -> Config:
    return config.load({f"WATTLINE_{name.upper()}": value for name, value in more.items()})


def claims(**changed: Any) -> dict[str, Any]:
    """A portal's good claims, some changed; None takes one away."""
    good = {"aud": "wattline", "sub": "c-maria", "jti": "1", "exp": int(NOW_S) + 600}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def why(call: Any, *arguments: Any) -> str:
    with pytest.raises(NotAllowed) as refused:
        call(*arguments)
    assert refused.value.text.endswith(".")
    return str(refused.value.why)


def why_identity(configured: Config, token: str, keys: Keys = KEYS) -> str:
    return why(tokens.verify_identity, configured, keys, token, NOW_S)


# our own tokens


@pytest.mark.parametrize("audience", Audience)
def test_token_says_who_and_until_when(audience: Audience) -> None:
    """A token is good until the second it ends, and says whose it is and of which generation."""
    token = tokens.mint(audience, KEYS, Holder("g-1", 3), 60, NOW_S)
    assert tokens.verify(audience, KEYS, token, NOW_S + 59.9) == tokens.MqttClaims("g-1", 3, int(NOW_S) + 60)
    assert why(tokens.verify, audience, KEYS, token, NOW_S + 60) == "expired"


@pytest.mark.parametrize("made_for", Audience)
@pytest.mark.parametrize("used_for", Audience)
def test_one_kind_never_stands_in_for_another(made_for: Audience, used_for: Audience) -> None:
    """A token for one audience is refused by every other."""
    token = tokens.mint(made_for, KEYS, Holder("g-1", 0), 60, NOW_S)
    if made_for is not used_for:
        assert why(tokens.verify, used_for, KEYS, token, NOW_S) == "bad_token"


def test_portal_and_our_tokens_do_not_mix() -> None:
    """A portal's identity is no bearer, and a bearer is no identity."""
    identity = tokens.mint_identity(KEYS, "c-1", "j", NOW_S)
    assert why(tokens.verify, Audience.API, KEYS, identity, NOW_S) == "bad_token"
    bearer = tokens.mint(Audience.API, KEYS, Holder("c-1", 0), 60, NOW_S)
    assert why_identity(settings(demo="on"), bearer)


def test_rotation_signs_nobody_out() -> None:
    """An older key's tokens still hold; the newest key signs."""
    old = tokens.mint(Audience.MQTT, replace(KEYS, signing={"old": b"o" * 32}), Holder("c-1", 0), 60, NOW_S)
    assert tokens.verify(Audience.MQTT, KEYS, old, NOW_S).sub == "c-1"
    new = tokens.mint(Audience.MQTT, KEYS, Holder("c-1", 0), 60, NOW_S)
    assert jwt.get_unverified_header(new)["kid"] == "new"


def test_forged_tokens_are_refused() -> None:
    """Another key, an unknown kid, no kid, no signature, another algorithm: all refused."""
    body = {"aud": Audience.MQTT, "sub": "c-1", "gen": 0, "exp": int(NOW_S) + 60}
    good = KEYS.signing["new"]
    forged = [
        tokens.mint(Audience.MQTT, OTHERS, Holder("c-1", 0), 60, NOW_S),
        jwt.encode(body, good, "HS256", headers={"kid": "elsewhere"}),
        jwt.encode(body, good, "HS256", headers={"kid": "old"}),
        jwt.encode(body, good, "HS256"),
        jwt.encode(body, "", "none", headers={"kid": "new"}),
        jwt.encode(body, good * 2, "HS512", headers={"kid": "new"}),
        jwt.encode(body, RSA, "RS256", headers={"kid": "new"}),
        jwt.encode({**body, "aud": [1]}, good, "HS256", headers={"kid": "new"}),
        jwt.encode({**body, "exp": "soon"}, good, "HS256", headers={"kid": "new"}),
        jwt.encode({**body, "exp": True}, good, "HS256", headers={"kid": "new"}),
        jwt.encode({**body, "gen": "0"}, good, "HS256", headers={"kid": "new"}),
        jwt.encode({**body, "sub": "root"}, good, "HS256", headers={"kid": "new"}),
        jwt.encode({k: v for k, v in body.items() if k != "exp"}, good, "HS256", headers={"kid": "new"}),
    ]
    for token in forged:
        assert why(tokens.verify, Audience.MQTT, KEYS, token, NOW_S) == "bad_token", token
    assert tokens.verify(Audience.MQTT, KEYS, jwt.encode(body, good, "HS256", headers={"kid": "new"}), NOW_S)


@given(st.text(max_size=200))
def test_any_text_is_refused_with_a_reason(text: str) -> None:
    """Any text as a token gets a reason, never a fault."""
    why(tokens.verify, Audience.MQTT, KEYS, text, NOW_S)
    why_identity(settings(demo="on"), text)


@given(st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()), st.integers(0, 2))
def test_a_token_with_a_part_replaced_is_refused(part: str, place: int) -> None:
    """No part of a token can be exchanged."""
    parts = tokens.mint(Audience.MQTT, KEYS, Holder("c-1", 0), 60, NOW_S).split(".")
    parts[place] = part
    why(tokens.verify, Audience.MQTT, KEYS, ".".join(parts), NOW_S)


def test_deeply_nested_and_long_tokens_are_refused() -> None:
    """Ten thousand brackets, or eight kilobytes and more, are a bad token, not a fault."""
    nested = base64.urlsafe_b64encode(b"[" * 5000).rstrip(b"=").decode()
    deep = f"{nested}.{nested}.x"[: tokens.MAX_TOKEN_CHARS]
    assert why(tokens.verify, Audience.MQTT, KEYS, deep, NOW_S) == "bad_token"
    assert why(tokens.verify, Audience.MQTT, KEYS, "x" * 9000, NOW_S) == "bad_token"


def test_guest_token_is_a_guests() -> None:
    """A portal user cannot come back as a guest."""
    token = tokens.mint(Audience.GUEST, KEYS, Holder("c-1", 0), 60, NOW_S)
    assert why(tokens.verify, Audience.GUEST, KEYS, token, NOW_S) == "bad_token"


def test_only_ids_get_tokens() -> None:
    """No token, and no password, is made for what is no id."""
    with pytest.raises(BadId):
        Holder("c-1/#", 0)
    with pytest.raises(BadId):
        brokers.mosquitto_password(KEYS, "+", 0)


# a portal's identity


@pytest.mark.parametrize(
    ("alg", "private", "public"),
    [("HS256", PORTAL_SECRET, PORTAL_SECRET), ("RS256", RSA, public_pem(RSA)), ("ES256", EC, public_pem(EC))],
)
def test_identity_under_each_algorithm(alg: str, private: Any, public: str) -> None:
    """A portal's word counts under the configured algorithm, with or without the optional claims."""
    configured = settings(portal_key=public, portal_alg=alg)
    said = claims(name="Maria Pop", lang="ro", area="north", meters=["m-1", "m-2"], extra=1)
    found = tokens.verify_identity(configured, KEYS, jwt.encode(said, private, alg), NOW_S)
    assert (found.sub, found.jti, found.name, found.lang, found.area) == ("c-maria", "1", "Maria Pop", "ro", "north")
    assert found.meters == ("m-1", "m-2")
    assert tokens.verify_identity(configured, KEYS, jwt.encode(claims(), private, alg), NOW_S).name is None


def test_algorithm_is_pinned() -> None:
    """A token signed with the public key as a secret is refused, and so is an unsigned one."""
    public = public_pem(RSA)
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=")
    mac = hmac.digest(public.encode(), header + b"." + body, "sha256")
    signature = base64.urlsafe_b64encode(mac).rstrip(b"=")
    confused = b".".join([header, body, signature]).decode()
    assert why_identity(settings(portal_key=public, portal_alg="RS256"), confused) == "bad_token"
    unsigned = jwt.encode(claims(), "", "none")
    for key, alg in ((public, "RS256"), (PORTAL_SECRET, "HS256"), (public_pem(EC), "ES256")):
        assert why_identity(settings(portal_key=key, portal_alg=alg), unsigned) == "bad_token"


def test_keys_by_kid() -> None:
    """With a set of keys the header's kid chooses one; an unknown kid, and none, are refused."""
    secrets = {kid: (kid * 32).encode() for kid in ("a", "b")}
    jwks = {
        "keys": [{"kty": "oct", "kid": kid, "k": base64.urlsafe_b64encode(k).decode()} for kid, k in secrets.items()]
    }
    configured = settings(portal_key=json.dumps(jwks))
    for kid, secret in secrets.items():
        assert tokens.verify_identity(
            configured, KEYS, jwt.encode(claims(), secret, "HS256", headers={"kid": kid}), NOW_S
        )
    swapped = jwt.encode(claims(), secrets["a"], "HS256", headers={"kid": "b"})
    unknown = jwt.encode(claims(), secrets["a"], "HS256", headers={"kid": "c"})
    for token in (swapped, unknown, jwt.encode(claims(), secrets["a"], "HS256")):
        assert why_identity(configured, token) == "bad_token"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": int(NOW_S)}, "expired"),
        ({"exp": None}, "bad_token"),
        ({"exp": int(NOW_S) + 16 * 60}, "too_long"),
        ({"exp": 10**30}, "too_long"),
        ({"nbf": int(NOW_S) + 120}, "too_early"),
        ({"iat": int(NOW_S) + 120}, "too_early"),
        ({"aud": "other"}, "bad_token"),
        ({"aud": None}, "bad_token"),
        ({"jti": None}, "bad_token"),
        ({"jti": ""}, "bad_identity"),
        ({"jti": 7}, "bad_token"),
        ({"sub": None}, "bad_token"),
        ({"sub": "maria"}, "bad_identity"),
        ({"sub": "a-ana"}, "bad_identity"),
        ({"sub": "g-1"}, "bad_identity"),
        ({"sub": "c-1/#"}, "bad_identity"),
        ({"sub": "c-1\n"}, "bad_identity"),
        ({"name": "x\ny"}, "bad_identity"),
        ({"name": "x" * 81}, "bad_identity"),
        ({"name": 7}, "bad_identity"),
        ({"area": "a/b"}, "bad_identity"),
        ({"meters": "m-1"}, "bad_identity"),
        ({"meters": ["m-1", "+"]}, "bad_identity"),
        ({"meters": ["m-1"] * 65}, "bad_identity"),
    ],
)
def test_identity_out_of_form_is_refused(changed: dict[str, Any], reason: str) -> None:
    """An identity outside the rules is refused with a reason, though its signature is right."""
    configured = settings(portal_key=PORTAL_SECRET)
    assert why_identity(configured, jwt.encode(claims(**changed), PORTAL_SECRET, "HS256")) == reason


def test_full_quarter_of_an_hour_is_allowed() -> None:
    """Fifteen minutes are allowed, also by a portal whose clock is a little ahead of ours."""
    configured = settings(portal_key=PORTAL_SECRET)
    token = jwt.encode(claims(exp=int(NOW_S) + 15 * 60), PORTAL_SECRET, "HS256")
    assert tokens.verify_identity(configured, KEYS, token, NOW_S - 10)


def test_demo_portal_counts_in_the_demo_only() -> None:
    """Our own demo portal signs clients in when the demo runs, and never otherwise; nobody else's kid `demo` counts."""
    token = tokens.mint_identity(KEYS, "c-maria", "1", NOW_S, name="Maria Pop", meters=["m-maria"])
    assert tokens.verify_identity(settings(demo="on"), KEYS, token, NOW_S).name == "Maria Pop"
    assert why_identity(settings(), token) == "no_portal"
    assert why_identity(settings(portal_key=PORTAL_SECRET), token) == "bad_token"
    assert why_identity(settings(demo="on"), token, OTHERS) == "bad_token"


# what is handed out


def test_credentials_are_complete() -> None:
    """A token line has all that a connection needs; its client id belongs to the user name and is new each time."""
    first = tokens.issue(settings(), KEYS, Holder("c-1", 2), 60, NOW_S)
    second = tokens.issue(settings(), KEYS, Holder("c-1", 2), 60, NOW_S)
    assert list(first.as_dict()) == ["username", "password", "client_id", "url", "ws_url", "expires", "api_token"]
    assert ids.username_of(first.client_id) == "c-1"
    assert first.client_id != second.client_id
    assert (first.url, first.ws_url, first.expires) == (
        "mqtt://127.0.0.1:1883",
        "ws://127.0.0.1:9001/mqtt",
        1_800_000_060_000,
    )
    assert tokens.verify(Audience.MQTT, KEYS, first.password, NOW_S).gen == 2
    assert tokens.verify(Audience.API, KEYS, first.api_token, NOW_S + tokens.API_TTL_S - 1).sub == "c-1"


def test_browsers_are_told_the_configured_address() -> None:
    """WATTLINE_WS_URL is what browsers are told."""
    configured = settings(ws_url="wss://chat.example/mqtt")
    assert tokens.issue(configured, KEYS, Holder("c-1", 0), 60, NOW_S).ws_url == "wss://chat.example/mqtt"


def test_mosquitto_gets_a_stable_password() -> None:
    """On Mosquitto the password is the same at every sign-in, until the generation rises; it is nobody else's."""
    configured = settings(broker="mosquitto")
    password = tokens.issue(configured, KEYS, Holder("c-1", 0), 60, NOW_S).password
    assert tokens.issue(configured, KEYS, Holder("c-1", 0), 60, NOW_S + 1e6).password == password
    others = {brokers.mosquitto_password(KEYS, *who) for who in (("c-1", 1), ("c-2", 0), ("c-11", 0))}
    assert len({password, *others}) == 4
    assert brokers.mosquitto_password(OTHERS, "c-1", 0) == password, "the signing key plays no part"
    assert brokers.mosquitto_line(KEYS, "c-1", 0) == brokers.mosquitto_line(KEYS, "c-1", 0)


def test_device_password_is_kept_as_hashes() -> None:
    """A device's password is kept in every form that a broker needs, salted or one-way; a display's field holds it."""
    password = brokers.new_device_password(bytes(range(18)))
    assert len(password) <= 32
    kept = brokers.device_hashes(password, bytes(range(16)))
    assert set(kept) == {"sha256", *(name for name, profile in brokers.BROKERS.items() if profile.hash_device)}
    assert not any(password in text for text in kept.values())
    raw = base64.b64decode(kept["rabbitmq"])
    assert raw[4:] == hashlib.sha256(raw[:4] + password.encode()).digest()
