"""
Credentials: signed and verified. Pure: keys, now and entropy are arguments; PyJWT does the cryptography.

Six audiences that never stand in for one another: `wattline-mqtt` (the broker's password), `wattline-api` (the bearer
for REST), `wattline-download` (in the address of a client's files), `wattline-unread` (how many answers are unread),
`wattline-guest` (how a guest is known again) and `wattline` (a portal's word about its user). Algorithms are
pinned: ours HS256, the portal's by configuration. The header chooses a key by `kid`, never an algorithm.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import jwt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from chat_core.contract import ids, policy
from chat_core.contract.errors import BadId, NotAllowed
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys
from chat_core.runtime.portal_keys import portal_keys

MQTT_AUDIENCE: Final = "wattline-mqtt"
API_AUDIENCE: Final = "wattline-api"
DOWNLOAD_AUDIENCE: Final = "wattline-download"
UNREAD_AUDIENCE: Final = "wattline-unread"
GUEST_AUDIENCE: Final = "wattline-guest"
PORTAL_AUDIENCE: Final = "wattline"

OUR_ALGORITHM: Final = "HS256"
MQTT_TTL_S: Final = 3_600
API_TTL_S: Final = 12 * 3_600
GUEST_TTL_S: Final = 90 * 86_400
IDENTITY_TTL_S: Final = 15 * 60
CLOCK_LEEWAY_S: Final = 30  # a portal's clock may be this far from ours
MAX_TOKEN_CHARS: Final = 8_192
DEMO_KID: Final = "demo"

# Iterations make guessing a person's password slow. These passwords have 144 random bits and more, and Mosquitto
# computes
# each hash in its only thread: at every sign-in, and for every live client at a reload (45 ms for 1,000 at its
# default of 101).
MOSQUITTO_ITERATIONS: Final = 1
MOSQUITTO_SALT_BYTES: Final = 12
RABBITMQ_SALT_BYTES: Final = 4
DEVICE_PASSWORD_BYTES: Final = 18  # 24 characters; small displays take 32 at most

Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Word = Annotated[str, StringConstraints(pattern=rf"^(?:{ids.ID_PATTERN})$")]


@dataclass(frozen=True)
class MqttClaims:
    """
    Whose token it is, of which generation, and when it ends (seconds since the epoch).

    `sid`: the sign-in that it was made from; "" for one made from none.
    """

    sub: str
    gen: int
    exp: int
    sid: str = ""


class PortalIdentity(BaseModel):
    """What a portal vouches for: its user, for a quarter of an hour at most."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    sub: str
    jti: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    exp: int
    name: Name | None = None
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(?:-[A-Za-z]{2,4})?$")] | None = None
    area: Word | None = None
    meters: Annotated[tuple[Word, ...], Field(max_length=64, strict=False)] = ()


@dataclass(frozen=True)
class Credentials:
    """
    All that one connection needs; the line that `wattline token` prints. `expires` is in milliseconds since the
    epoch.
    """

    username: str
    password: str
    client_id: str
    url: str
    ws_url: str
    expires: int
    api_token: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the fields that `wattline token` prints (docs/contract.md#credentials)."""
        return dict(vars(self))


def mint_mqtt(keys: Keys, id: str, generation: int, ttl_s: int, now_s: float, *, sign_in: str = "") -> str:
    """
    A token that the embedded broker and RabbitMQ take as this id's password for `ttl_s` seconds.

    Args: sign_in: with which it ends, if it came from one.
    """
    return _mint(keys, MQTT_AUDIENCE, id, generation, ttl_s, now_s, sign_in)


def mint_api(keys: Keys, id: str, generation: int, ttl_s: int, now_s: float, *, sign_in: str = "") -> str:
    """A bearer for REST. Args: sign_in: as for `mint_mqtt`."""
    return _mint(keys, API_AUDIENCE, id, generation, ttl_s, now_s, sign_in)


def mint_download(keys: Keys, id: str, generation: int, ttl_s: int, now_s: float) -> str:
    """What a page puts into the address of this client's files, where no header can be sent. It reads, no more."""
    return _mint(keys, DOWNLOAD_AUDIENCE, id, generation, ttl_s, now_s)


def mint_unread(keys: Keys, id: str, generation: int, ttl_s: int, now_s: float) -> str:
    """What a browser keeps between pages to ask how many answers this client has not read. It tells no more."""
    return _mint(keys, UNREAD_AUDIENCE, id, generation, ttl_s, now_s)


def mint_guest(keys: Keys, id: str, generation: int, ttl_s: int, now_s: float) -> str:
    """What a guest's browser keeps, to come back as the same guest."""
    return _mint(keys, GUEST_AUDIENCE, id, generation, ttl_s, now_s)


def verify_mqtt(keys: Keys, token: str, now_s: float) -> MqttClaims:
    """
    Whose MQTT token it is. The caller compares `gen` with the identity's present generation.

    Raises: NotAllowed, with a reason, for a token that is forged, expired, of another audience or not a token at all.
    """
    return _verify(keys, MQTT_AUDIENCE, token, now_s)


def verify_api(keys: Keys, token: str, now_s: float) -> MqttClaims:
    """Whose bearer it is; as `verify_mqtt`."""
    return _verify(keys, API_AUDIENCE, token, now_s)


def verify_download(keys: Keys, token: str, now_s: float) -> MqttClaims:
    """Whose files it opens; as `verify_mqtt`."""
    return _verify(keys, DOWNLOAD_AUDIENCE, token, now_s)


def verify_unread(keys: Keys, token: str, now_s: float) -> MqttClaims:
    """Whose unread answers it counts; as `verify_mqtt`."""
    return _verify(keys, UNREAD_AUDIENCE, token, now_s)


def verify_guest(keys: Keys, token: str, now_s: float) -> MqttClaims:
    """
    Which guest comes back; as `verify_mqtt`.

    Raises: NotAllowed also for the id of somebody who is no guest.
    """
    claims = _verify(keys, GUEST_AUDIENCE, token, now_s)
    if not ids.is_guest(claims.sub):
        raise NotAllowed("The token is not a guest's.", why="bad_token")
    return claims


def _mint(keys: Keys, audience: str, id: str, generation: int, ttl_s: int, now_s: float, sign_in: str = "") -> str:
    claims = {"aud": audience, "sub": ids.check_id(id), "gen": generation, "iat": int(now_s), "exp": int(now_s) + ttl_s}
    if sign_in:
        claims["sid"] = sign_in
    kid = keys.newest_kid
    return jwt.encode(claims, keys.signing[kid], algorithm=OUR_ALGORITHM, headers={"kid": kid})


def _verify(keys: Keys, audience: str, token: str, now_s: float) -> MqttClaims:
    claims = _decode(token, keys.signing, OUR_ALGORITHM, audience, ["exp", "sub", "gen"], now_s)
    subject, generation, sign_in = claims["sub"], claims["gen"], claims.get("sid", "")
    is_ours = isinstance(generation, int) and not isinstance(generation, bool) and isinstance(sign_in, str)
    if not ids.is_id(subject) or not is_ours:
        raise NotAllowed("The token is not one of ours.", why="bad_token")
    return MqttClaims(subject, generation, int(claims["exp"]), sign_in)


def _decode(
    token: str, by_kid: Mapping[str, Any], algorithm: str, audience: str, required: Sequence[str], now_s: float
) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_CHARS:
        raise NotAllowed("The token is too long.", why="bad_token")
    # PyJWT's own look at exp, nbf and iat reads the clock; here now is an argument
    try:
        key = by_kid[_kid_of(token, by_kid)]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=audience,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": list(required)},
        )
    except jwt.InvalidAudienceError as err:
        raise NotAllowed("The token is for something else.", why="bad_token") from err
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as err:
        raise NotAllowed("The token is not valid.", why="bad_token") from err
    expiry = claims["exp"]
    if isinstance(expiry, bool) or not isinstance(expiry, int):
        raise NotAllowed("The token is not valid.", why="bad_token")
    if expiry <= now_s:
        raise NotAllowed("The token has expired.", why="expired")
    return claims


def _kid_of(token: str, by_kid: Mapping[str, Any]) -> str:
    """The kid that the header names; without one the only key there is."""
    kid = jwt.get_unverified_header(token).get("kid")
    if kid is None and len(by_kid) == 1:
        return next(iter(by_kid))
    if not isinstance(kid, str) or kid not in by_kid:
        raise jwt.InvalidKeyError("no key of that kid")
    return kid


# A portal's identity


def verify_identity(config: Config, keys: Keys, token: str, now_s: float) -> PortalIdentity:
    """
    Whom the portal vouches for. With `config.demo` our own demo portal's word counts too, under its own kid.

    The caller spends the `jti`. Raises: NotAllowed, with a reason, for a token that is unsigned, of another
    algorithm, forged,
    expired, valid for more than 15 minutes, or whose `sub` is no portal user's (`c-…`).
    """
    required = ["exp", "sub", "jti"]
    if config.demo and _names_demo(token):
        claims = _decode(token, {DEMO_KID: keys.demo_portal}, "HS256", PORTAL_AUDIENCE, required, now_s)
    elif config.portal_key is None:
        raise NotAllowed("No portal is configured to sign clients in here.", why="no_portal")
    else:
        known = portal_keys(config.portal_alg, config.portal_key)
        claims = _decode(token, known, config.portal_alg, PORTAL_AUDIENCE, required, now_s)
    if claims["exp"] > now_s + IDENTITY_TTL_S + CLOCK_LEEWAY_S:
        raise NotAllowed("The identity is valid for more than 15 minutes.", why="too_long")
    for not_before in ("nbf", "iat"):
        if isinstance(claims.get(not_before), int | float) and claims[not_before] > now_s + CLOCK_LEEWAY_S:
            raise NotAllowed("The identity is not valid yet.", why="too_early")
    try:
        identity = PortalIdentity.model_validate(claims)
        ids.check_id(identity.sub, ids.Role.CLIENT)
    except (ValidationError, BadId) as err:
        raise NotAllowed("The identity does not say who it is for.", why="bad_identity") from err
    if ids.is_guest(identity.sub):
        raise NotAllowed("A guest has no portal identity.", why="bad_identity")
    return identity


def _names_demo(token: str) -> bool:
    try:
        return jwt.get_unverified_header(token).get("kid") == DEMO_KID
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False


def mint_identity(keys: Keys, client: str, jti: str, now_s: float, **said: object) -> str:
    """
    What the demo portal says of its user, as a real portal would.

    Args: said: `name`, `lang`, `area`, `meters`, each optional.
    """
    claims = {
        "aud": PORTAL_AUDIENCE,
        "sub": client,
        "jti": jti,
        "iat": int(now_s),
        "exp": int(now_s) + IDENTITY_TTL_S,
        **said,
    }
    return jwt.encode(claims, keys.demo_portal, algorithm="HS256", headers={"kid": DEMO_KID})


# What a broker's password is


def mosquitto_password(keys: Keys, id: str, generation: int, sign_outs: int = 0) -> str:
    """The password that Mosquitto knows this id by: stable until one of the numbers rises, 43 characters."""
    digest = hmac.digest(keys.password, f"{ids.check_id(id)}:{_numbered(generation, sign_outs)}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _numbered(generation: int, sign_outs: int) -> str:
    return f"{generation}:{sign_outs}" if sign_outs else str(generation)


def mosquitto_line(keys: Keys, id: str, generation: int, sign_outs: int = 0) -> str:
    """
    What stands for this id in Mosquitto's password_file.

    The salt follows from the key, so that an unchanged identity keeps its line: Mosquitto drops who has a new one.
    """
    numbered = _numbered(generation, sign_outs)
    salt = hmac.digest(keys.password, f"salt:{id}:{numbered}".encode(), "sha256")[:MOSQUITTO_SALT_BYTES]
    return mosquitto_hash(mosquitto_password(keys, id, generation, sign_outs), salt)


def mqtt_password(
    config: Config,
    keys: Keys,
    id: str,
    generation: int,
    ttl_s: int,
    now_s: float,
    *,
    sign_in: str = "",
    sign_outs: int = 0,
) -> str:
    """
    The password that the configured broker takes from this id: a signed token, or Mosquitto's stable one.

    Args: sign_in: with which a token ends; sign_outs: how often an agent has signed out, which numbers a stable one.
    Raises: NotAllowed for a service that the policy lets nowhere.
    """
    if not policy.may_connect(id):
        raise NotAllowed(f"{id} has nothing to do on the broker.")
    if config.broker == "mosquitto":
        return mosquitto_password(keys, id, generation, sign_outs)
    return mint_mqtt(keys, id, generation, ttl_s, now_s, sign_in=sign_in)


def issue(
    config: Config,
    keys: Keys,
    id: str,
    generation: int,
    ttl_s: int,
    now_s: float,
    ws_url: str | None = None,
    *,
    api_ttl_s: int = API_TTL_S,
    entropy: bytes | None = None,
    sign_in: str = "",
    sign_outs: int = 0,
) -> Credentials:
    """
    Credentials for one connection of this id, and the bearer that goes with them.

    Args: config: with its ports known (`ports.resolved`); ws_url: what this browser is to be told, else the configured
        one; api_ttl_s: how long the bearer lives (a renewal passes what is left of it); entropy: 16 random bytes, else
        made here; sign_in, sign_outs: as for `mqtt_password`.
    Raises: BadId; NotAllowed as `mqtt_password`.
    """
    host = _bracketed(config.mqtt_host or config.near_host)
    return Credentials(
        username=ids.check_id(id),
        password=mqtt_password(config, keys, id, generation, ttl_s, now_s, sign_in=sign_in, sign_outs=sign_outs),
        client_id=ids.new_client_id(id, entropy or secrets.token_bytes(16)),
        url=config.mqtt_url or f"{'mqtts' if config.tls else 'mqtt'}://{host}:{config.mqtt_port}",
        ws_url=ws_url or config.ws_url or f"{'wss' if config.tls else 'ws'}://{host}:{config.ws_port}/mqtt",
        expires=(int(now_s) + ttl_s) * 1000,
        api_token=mint_api(keys, id, generation, api_ttl_s, now_s, sign_in=sign_in),
    )


def device_url(config: Config) -> str:
    """
    Where a device finds the broker: WATTLINE_MQTT_URL, else the broker's port at the host of WATTLINE_URL, or here.

    Args: config: with its ports known.
    """
    if config.mqtt_url is not None:
        return config.mqtt_url
    public = urlsplit(config.url).hostname if config.url is not None else None
    host = _bracketed(config.mqtt_host or public or config.near_host)
    return f"{'mqtts' if config.tls else 'mqtt'}://{host}:{config.mqtt_port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


# A device's password: random, kept only as hashes, each broker's own made at the same moment


def new_device_password(entropy: bytes) -> str:
    """A password of 24 characters for a small display. Args: entropy: 18 random bytes."""
    if len(entropy) != DEVICE_PASSWORD_BYTES:
        raise ValueError(f"a device's password takes {DEVICE_PASSWORD_BYTES} bytes of entropy")
    return base64.urlsafe_b64encode(entropy).decode()


def device_hashes(password: str, entropy: bytes) -> dict[str, str]:
    """
    What is kept of a device's password: `sha256` (hex), and Mosquitto's and RabbitMQ's own lines. Args: entropy: 16
    random bytes.
    """
    return {
        "sha256": hashlib.sha256(password.encode()).hexdigest(),
        "mosquitto": mosquitto_hash(password, entropy[:MOSQUITTO_SALT_BYTES]),
        "rabbitmq": rabbitmq_hash(password, entropy[MOSQUITTO_SALT_BYTES:]),
    }


def mosquitto_hash(password: str, salt: bytes) -> str:
    """
    The password as Mosquitto 2 keeps it in its password_file.

    Source: mosquitto_passwd(1): `$7$iterations$salt$hash`, PBKDF2 with SHA-512, both in base64.
    """
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, MOSQUITTO_ITERATIONS)
    return f"$7${MOSQUITTO_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def rabbitmq_hash(password: str, salt: bytes) -> str:
    """
    The password as RabbitMQ keeps it in its definitions.

    Args: salt: 4 bytes. Source: rabbitmq.com "Credentials and Passwords": base64(salt + SHA-256(salt + password)).
    """
    if len(salt) != RABBITMQ_SALT_BYTES:
        raise ValueError("RabbitMQ's salt has 4 bytes")
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
