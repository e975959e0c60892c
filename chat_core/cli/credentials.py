"""Run the verbs for tokens, listeners and signing keys. Touches the store and keys."""

import json
import re
import secrets
import shlex
import time
from ipaddress import ip_network
from typing import Any, Final

import click

from chat_core.cli.base import OneLine, with_store
from chat_core.cli.people import check_name
from chat_core.contract import ids, policy
from chat_core.contract.errors import NotAllowed, NotFound, Refused
from chat_core.contract.ids import Role
from chat_core.contract.scopes import Scope
from chat_core.runtime import clock, ports, tokens
from chat_core.runtime import config as settings
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from chat_core.store import Store
from chat_core.store.results import ApiKey

DAY_MS: Final = 86_400_000
TOKEN_TTL_S: Final = 12 * 3_600
LISTEN_MAX_S: Final = 3_600
UNIT_S: Final = {"s": 1, "m": 60, "h": 3_600}
_DURATION: Final = re.compile(r"([1-9]\d{0,4})([smh])")


@click.command()
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--ttl", type=click.IntRange(1, 366 * 86_400), default=TOKEN_TTL_S, show_default=True, help="Seconds it is valid."
)
@with_store
def token(config: Config, store: Store, names: tuple[str, ...], ttl: int) -> None:
    """
    Print MQTT credentials and a REST bearer, one line of JSON per id; a client not yet known is created.

    A service such as s-prometheus gets a bearer for /metrics alone.
    """
    keys, known = Keys.open(config.data), ports.resolved(config)
    issued = []
    for id in names:
        generation, now_s = _generation(store, ids.check_id(id)), time.time()
        if policy.may_connect(id):
            outs = store.registry.sign_ins.count_ended(id)
            told = tokens.issue(known, keys, Holder(id, generation, sign_outs=outs), ttl, now_s, api_ttl_s=ttl)
            issued.append(told.as_dict())
        else:  # another service, which may only read /metrics
            bearer = tokens.mint(Audience.API, keys, Holder(id, generation), ttl, now_s)
            issued.append({"username": id, "expires": (int(now_s) + ttl) * 1000, "api_token": bearer})
    ports.wait_until_applied(config, store.registry.version())
    for credentials in issued:
        click.echo(json.dumps(credentials))


def _generation(store: Store, id: str) -> int:
    role, registry = ids.role_of(id), store.registry
    if role is Role.DEVICE:
        raise NotAllowed(f"{id} is a device: its password was printed by `wattline device add`.")
    if role is Role.LISTENER:
        raise NotAllowed(f"{id} is a listener: `wattline listen` makes one.")
    if (generation := registry.generation(id)) is not None:
        return generation
    if role is Role.CLIENT:
        registry.ensure_client(id)
    elif role is Role.AGENT:
        if registry.find_agent(id) is None:
            raise NotFound(f"There is no agent {id}; add it with `wattline agent add`.")
    else:
        registry.ensure_identity(id, clock.now_ms())
    if (generation := registry.generation(id)) is None:
        raise NotAllowed(f"{id} is disabled.")
    return generation


def parse_duration(text: str) -> int:
    """Return the seconds of `90s`, `15m` or `1h`. Raises: ValueError for anything else, and for more than an hour."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError("write it as 90s, 15m or 1h")
    duration_s = int(found[1]) * UNIT_S[found[2]]
    if duration_s > LISTEN_MAX_S:
        raise ValueError("at most 1h")
    return duration_s


class _Duration(click.ParamType[int]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else parse_duration(value)
        except ValueError as err:
            self.fail(f"{value!r}: {err}.", param, ctx)


@click.command()
@click.option("--for", "duration_s", type=_Duration(), default="15m", show_default=True, help="Such as 90s, 15m, 1h.")
@click.option("--client", help="Hear this client alone; without it everybody.")
@with_store
def listen(config: Config, store: Store, duration_s: int, client: str | None) -> None:
    """Print a mosquitto_sub line that hears conversations for some minutes, and can say nothing."""
    known, now_s = ports.resolved(config), time.time()
    now_ms = int(now_s * 1000)
    id = store.registry.listeners.add(client, now_ms + duration_s * 1000, now_ms)
    password = tokens.mqtt_password(known, Keys.open(config.data), Holder(id, 0), duration_s, now_s)
    words = ["mosquitto_sub", "-h", known.broker_hosts[0], "-p", str(known.mqtt_port)]
    words += ["--cafile", str(known.tls_ca or known.tls_cert)] if known.tls else []
    words += ["-i", ids.new_client_id(id, secrets.token_bytes(16)), "-u", id, "-P", password]
    words += ["-q", "1", "-v", "-t", f"support/{client or '+'}/#"]
    ports.wait_until_applied(config, store.registry.version())
    click.echo(shlex.join(words))


@click.group()
def key() -> None:
    """API keys of programs, the key that signs tokens, and the one that push services know."""


@key.command("rotate-push")
@with_store
def key_rotate_push(_config: Config, store: Store) -> None:
    """
    Use a new key towards push services from now on. Browsers subscribe again when their owners next open the page.
    """
    click.echo(f"a new key; {store.registry.push.change_key()} browsers subscribe again")


@key.command("create")
@click.option("--name", required=True, help="What it is for, as the board lists it.")
@click.option("--as", "speaker", required=True, metavar="ID", help="As whom it writes: a-… or b-…; a new bot is made.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="A right; repeat for more.",
)
@click.option("--network", "networks", multiple=True, help="Valid from this address or network only; may be repeated.")
@click.option("--days", type=click.IntRange(1, 3_650), help="How long it is valid; without it until it is revoked.")
@with_store
def key_create(config: Config, store: Store, name: str, speaker: str, **more: Any) -> None:
    """Print a new API key for REST, once."""
    check_name(name)
    now_ms = clock.now_ms()
    try:
        networks = tuple(str(ip_network(network)) for network in more["networks"])
    except ValueError as err:
        raise Refused(f"--network: {err}.") from err
    expires = now_ms + more["days"] * DAY_MS if more["days"] else None
    scopes = tuple(dict.fromkeys(more["scopes"]))
    _, secret = store.registry.api_keys.create(ApiKey(name.strip(), speaker, scopes, networks, now_ms, expires))
    click.echo(secret)


@key.command("list")
@with_store
def key_list(config: Config, store: Store) -> None:
    """Print the API keys, one line of JSON each, without their secrets."""
    for found in store.registry.api_keys.all():
        click.echo(json.dumps(found._asdict()))


@key.command("revoke")
@click.argument("id")
@with_store
def key_revoke(config: Config, store: Store, id: str) -> None:
    """Revoke an API key at once: `wattline key list` names it k-…"""
    store.registry.api_keys.revoke(id)


@key.command("rotate")
@click.option("--revoke", is_flag=True, help="What was signed before counts no more: after a leak.")
def key_rotate(revoke: bool) -> None:
    """
    Sign with a new key from now on. Nobody is signed out, unless --revoke says so; Mosquitto's passwords stay, but for
    those of `wattline listen`.
    """
    config = settings.load()
    try:
        keys = Keys.rotate(config.data, keep_old=not revoke)
    except ValueError as err:
        raise OneLine(str(err)) from err
    if revoke:
        with Store.open(config) as store:
            store.registry.listeners.end_all()
    click.echo(f"signing with {keys.newest_kid}; {len(keys.signing) - 1} older still verify")
