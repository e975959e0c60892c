"""
Sign and verify tokens, and choose a broker's passwords. Keys and time are arguments; MQTT client ids are random.

PyJWT does the cryptography. Algorithms are fixed: ours HS256, the portal's by configuration. The header chooses only
the key (`kid`).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import jwt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from chat_core.contract import ids, policy
from chat_core.contract.errors import BadId, NotAllowed
from chat_core.domain.attributes import AttributeChanges
from chat_core.runtime.addresses import bracketed
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys, portal_keys


class Audience(StrEnum):
    """Name a token's purpose; no audience accepts another's token."""

    MQTT = "wattline-mqtt"  # the broker's password
    API = "wattline-api"  # the bearer for REST
    DOWNLOAD = "wattline-download"  # in URLs of a client's files, where no header is possible; reads only
    UNREAD = "wattline-unread"  # in a browser between pages, to ask for the number of unread entries
    GUEST = "wattline-guest"  # in a guest's browser, to return as the same guest


PORTAL_AUDIENCE: Final = "wattline"  # of the identity that a portal signs for its user

OUR_ALGORITHM: Final = "HS256"
MQTT_TTL_S: Final = 3_600
API_TTL_S: Final = 12 * 3_600
GUEST_TTL_S: Final = 90 * 86_400
IDENTITY_TTL_S: Final = 15 * 60
CLOCK_LEEWAY_S: Final = 30  # a portal's clock may be this far from ours
MAX_TOKEN_CHARS: Final = 8_192
DEMO_KID: Final = "demo"

Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Word = Annotated[str, StringConstraints(pattern=rf"^(?:{ids.ID_PATTERN})$")]


@dataclass(frozen=True)
class MqttClaims:
    """Hold a token's owner, generation, expiry (seconds since the epoch) and sign-in ("" for none)."""

    sub: str
    gen: int
    exp: int
    sid: str = ""


class PortalIdentity(BaseModel):
    """Hold a portal's statement about its user, valid for at most 15 minutes."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    sub: str
    jti: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    exp: int
    name: Name | None = None
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(?:-[A-Za-z]{2,4})?$")] | None = None
    area: Word | None = None
    meters: Annotated[tuple[Word, ...], Field(max_length=64, strict=False)] = ()
    attributes: AttributeChanges = Field(default_factory=dict)
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    email_verified: bool = False  # as in OpenID Connect; an address that the portal did not verify is not used


@dataclass(frozen=True)
class Credentials:
    """Hold what one connection needs; `wattline token` prints it. `expires`: milliseconds since the epoch."""

    username: str
    password: str
    client_id: str
    url: str
    ws_url: str
    expires: int
    api_token: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the fields as `wattline token` prints them (docs/contract.md#credentials)."""
        return dict(vars(self))


@dataclass(frozen=True)
class Holder:
    """
    Name the owner of a token or a password.

    Args: sign_in: the sign-in that the token ends with, "" for none; sign_outs: how often an agent has signed out,
        which changes a stable password. Raises: BadId.
    """

    id: str
    generation: int
    sign_in: str = ""
    sign_outs: int = 0

    def __post_init__(self) -> None:
        ids.check_id(self.id)


def mint(audience: Audience, keys: Keys, holder: Holder, ttl_s: int, now_s: float) -> str:
    """Return a token for the audience, valid for `ttl_s` seconds."""
    claims: dict[str, str | int] = {"aud": audience.value, "sub": holder.id, "gen": holder.generation}
    claims |= {"iat": int(now_s), "exp": int(now_s) + ttl_s}
    if holder.sign_in:
        claims["sid"] = holder.sign_in
    kid = keys.newest_kid
    return jwt.encode(claims, keys.signing[kid], algorithm=OUR_ALGORITHM, headers={"kid": kid})


def verify(audience: Audience, keys: Keys, token: str, now_s: float) -> MqttClaims:
    """Return the claims of a valid token; the caller compares `gen`. Raises: NotAllowed, with a reason."""
    claims = _decode(token, keys.signing, OUR_ALGORITHM, audience.value, ["exp", "sub", "gen"], now_s)
    subject, generation, sign_in = claims["sub"], claims["gen"], claims.get("sid", "")
    is_ours = isinstance(generation, int) and not isinstance(generation, bool) and isinstance(sign_in, str)
    if not ids.is_id(subject) or not is_ours:
        raise NotAllowed("The token is not one of ours.", why="bad_token")
    if audience is Audience.GUEST and not ids.is_guest(subject):
        raise NotAllowed("The token is not a guest's.", why="bad_token")
    return MqttClaims(subject, generation, int(claims["exp"]), sign_in)


def _decode(
    token: str, by_kid: Mapping[str, Any], algorithm: str, audience: str, required: Sequence[str], now_s: float
) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_CHARS:
        raise NotAllowed("The token is too long.", why="bad_token")
    # PyJWT would compare exp, nbf and iat with the clock; here the time is an argument.
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
    """Return the kid of the header; without one, the kid of the only key."""
    kid = jwt.get_unverified_header(token).get("kid")
    if kid is None and len(by_kid) == 1:
        return next(iter(by_kid))
    if not isinstance(kid, str) or kid not in by_kid:
        raise jwt.InvalidKeyError("no key of that kid")
    return kid


def verify_identity(config: Config, keys: Keys, token: str, now_s: float) -> PortalIdentity:
    """
    Return the identity that a portal signed; with `config.demo` our demo portal's too. The caller spends the `jti`.

    Raises: NotAllowed, with a reason: unsigned, of another algorithm, forged, expired, valid for more than 15 minutes,
        or without a portal user's `sub` (`c-…`).
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
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        claim = ".".join(map(str, first["loc"]))
        raise NotAllowed(f"The identity's claim {claim} is not valid: {first['msg']}.", why="bad_identity") from err
    except BadId as err:
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
    """Return the demo portal's identity of its user. Args: said: `name`, `lang`, `area`, `meters`, each optional."""
    claims = {
        "aud": PORTAL_AUDIENCE,
        "sub": client,
        "jti": jti,
        "iat": int(now_s),
        "exp": int(now_s) + IDENTITY_TTL_S,
        **said,
    }
    return jwt.encode(claims, keys.demo_portal, algorithm="HS256", headers={"kid": DEMO_KID})


def mqtt_password(config: Config, keys: Keys, holder: Holder, ttl_s: int, now_s: float) -> str:
    """Return the id's password for the configured broker. Raises: NotAllowed for a service without rights."""
    if not policy.may_connect(holder.id):
        raise NotAllowed(f"{holder.id} has nothing to do on the broker.")
    stable = config.broker_profile.stable_password
    if stable is not None:
        return stable(keys, holder.id, holder.generation, holder.sign_outs)
    return mint(Audience.MQTT, keys, holder, ttl_s, now_s)


def issue(
    config: Config, keys: Keys, holder: Holder, ttl_s: int, now_s: float, *, api_ttl_s: int = API_TTL_S
) -> Credentials:
    """
    Return credentials for one connection, with a bearer for REST. Raises: NotAllowed as `mqtt_password`.

    Args: config: from `ports.resolved`; api_ttl_s: of the bearer (a renewal passes the rest of it).
    """
    host = bracketed(config.broker_hosts[0])
    return Credentials(
        username=holder.id,
        password=mqtt_password(config, keys, holder, ttl_s, now_s),
        client_id=ids.new_client_id(holder.id, secrets.token_bytes(16)),
        url=_mqtt_url(config, config.near_host),
        ws_url=config.ws_url or f"{'wss' if config.tls else 'ws'}://{host}:{config.ws_port}/mqtt",
        expires=(int(now_s) + ttl_s) * 1000,
        api_token=mint(Audience.API, keys, holder, api_ttl_s, now_s),
    )


def device_url(config: Config) -> str:
    """Return the broker's URL for a device: WATTLINE_MQTT_URL, else at the host of WATTLINE_URL, or here."""
    public = urlsplit(config.url).hostname if config.url is not None else None
    return _mqtt_url(config, public or config.near_host)


def _mqtt_url(config: Config, host: str) -> str:
    scheme = "mqtts" if config.tls else "mqtt"
    return (
        config.mqtt_url
        or f"{scheme}://{bracketed(host if config.own_broker else config.broker_hosts[0])}:{config.mqtt_port}"
    )
