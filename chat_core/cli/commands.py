"""The `wattline` verbs. Reads the settings once per call; touches the store and processes, imports no room."""

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
import yaml
from argon2 import PasswordHasher

from chat_core.contract import ids, policy, topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotAllowed, NotFound, Refused, Unavailable, WattlineError, WrongState
from chat_core.contract.ids import Role
from chat_core.contract.languages import LANGS
from chat_core.domain import password_rule
from chat_core.runtime import clock, listening, ports, tokens
from chat_core.runtime import config as settings
from chat_core.runtime.brokers import RENDERED
from chat_core.runtime.config import Config
from chat_core.runtime.device_setup import KINDS, what_to_flash
from chat_core.runtime.devices import dismiss, enrol
from chat_core.runtime.file_folder import FileFolder
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from chat_core.store import Store

FAILED, UNAVAILABLE = 1, 3  # exit statuses; 2 is click's own, for a wrong command line
TOKEN_TTL_S: Final = 12 * 3_600


class _OneLine(click.ClickException):
    """What went wrong, in one line."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))

    def show(self, file: Any = None) -> None:
        click.echo(f"wattline: {self.message}", err=True)


class _Unavailable(_OneLine):
    """What does not answer now."""

    exit_code = UNAVAILABLE


class _Verbs(click.Group):
    """Turns our errors, and the operating system's, into one line and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Unavailable as err:
            raise _Unavailable(err.text) from err
        except WattlineError as err:
            raise _OneLine(err.text) from err
        except OSError as err:
            raise _OneLine(f"{err.strerror or err}{f': {err.filename}' if err.filename else ''}") from err


def _with_store(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb gets the settings and the open store as its first arguments."""

    @functools.wraps(verb)
    def opened(**arguments: Any) -> None:
        config = settings.load()
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Store.open(config) as store:
            verb(config, store, **arguments)

    return opened


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wattline", prog_name="wattline")
def commands() -> None:
    """Wattline: live support chat for the clients of an energy platform, over MQTT."""


@commands.command()
@click.option("--demo", is_flag=True, help="With a demo portal, simulated clients and meters.")
def up(demo: bool) -> None:
    """Start broker, bridge and web on this machine, and keep them running until Ctrl-C."""
    from chat_core.cli import up as house  # the other verbs need no supervisor

    config = settings.load()
    if demo:
        config = config.model_copy(update={"demo": True})
    status = house.up(config, say=_say, tell=_tell)
    sys.exit(status)


def _say(line: str, *, err: bool = False) -> None:
    """A line for the operator; on a full disk it is lost, and the house goes on."""
    with suppress(OSError):
        click.echo(line, err=err)


def _tell(line: str) -> None:
    _say(f"wattline: {line}", err=True)


@commands.command()
def migrate() -> None:
    """Bring the database to this version's form."""
    config = settings.load()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Store.open(config, migrate=True):
        click.echo("the database is up to date")


@commands.command()
def contract() -> None:
    """Print the contract of the wire as an AsyncAPI 3 document."""
    from chat_core.contract import asyncapi  # only this verb needs it

    click.echo(yaml.safe_dump(asyncapi.document(), sort_keys=False, allow_unicode=True), nl=False)


# agents


@commands.group()
def agent() -> None:
    """Those who answer."""


@agent.command("add")
@click.argument("id")
@click.option("--name", required=True, help="What clients read.")
@click.option("--admin/--no-admin", default=None, help="May change settings and other agents; not given: as before.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else a one-time link is printed."
)
@_with_store
def agent_add(config: Config, store: Store, id: str, name: str, admin: bool | None, password_stdin: bool) -> None:
    """Add an agent, or change one: its name, its rights, its password."""
    ids.check_id(id, Role.AGENT)
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise Refused("A name has 1 to 80 printable characters.")
    hashed = PasswordHasher().hash(_read_password(id)) if password_stdin else None
    known = store.registry.find_agent(id)
    was_admin = known is not None and known.admin and not known.disabled
    store.registry.add_agent(id, name.strip(), admin=was_admin if admin is None else admin, password_hash=hashed)
    store.registry.changes.announce(ChangeKind.AGENTS, {"agent": id}, clock.now_ms())
    if hashed is None:
        token = store.registry.make_setup_link(id, clock.now_ms())
        click.echo(f"{ports.site_url(ports.resolved(config))}/setup/{token}")


def _read_password(agent: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if fault := password_rule.find_fault(password, agent):
        raise Refused(password_rule.SENTENCES[fault])
    return password


@agent.command("disable")
@click.argument("id")
@_with_store
def agent_disable(config: Config, store: Store, id: str) -> None:
    """Sign an agent out everywhere, and let it in no more."""
    if store.registry.find_agent(ids.check_id(id, Role.AGENT)) is None:
        raise NotFound(f"There is no agent {id}.")
    store.registry.disable_agent(id)
    store.registry.changes.announce(ChangeKind.AGENTS, {"agent": id}, clock.now_ms())


# devices


@commands.group()
def device() -> None:
    """Displays and meters."""


@device.command("add")
@click.argument("id")
@click.option("--client", required=True, help="Whose device it is.")
@click.option(
    "--topic", "own_topics", multiple=True, help="A further topic it may publish, such as a Tasmota's or a Shelly's."
)
@click.option("--meter", help="Read its --topic topics as this meter's: JSON of a device that is known, or a number.")
@click.option("--kwh", multiple=True, help="A --topic that carries the register as a plain number, in kWh.")
@click.option("--wh", multiple=True, help="The same, in Wh.")
@click.option("--kw", multiple=True, help="A --topic that carries the present power as a plain number, in kW.")
@click.option("--w", multiple=True, help="The same, in W.")
@click.option("--for", "kind", type=click.Choice(list(KINDS)), help="Print what to flash onto it instead of JSON.")
@_with_store
def device_add(
    config: Config,
    store: Store,
    id: str,
    client: str,
    own_topics: tuple[str, ...],
    meter: str | None,
    kind: str | None,
    **numbers: tuple[str, ...],
) -> None:
    """Add a device and print its password, once."""
    forms = dict.fromkeys(own_topics, "json") | {topic: form for form, given in numbers.items() for topic in given}
    if meter is None and any(numbers.values()):
        raise WrongState("A number is read as a meter's: say which with --meter.")
    password = enrol(store.registry, id, client, forms, meter, clock.now_ms())
    known = ports.resolved(config)
    reached = replace(tokens.issue(known, Keys.open(config.data), Holder(id, 0), 0, 0), url=tokens.device_url(known))
    if kind is not None:
        theirs = replace(reached, username=id, password=password)
        authority = config.tls_ca or config.tls_cert
        click.echo(what_to_flash(kind, client, theirs, config.broker_profile, str(authority or "")), nl=False)
        ports.wait_until_applied(config, store.registry.version())
        return
    shown = {
        "username": id,
        "password": password,
        "client_id": reached.client_id,
        "client": client,
        "topics": list(forms),
    }
    click.echo(json.dumps({**shown, "url": reached.url, "ws_url": reached.ws_url}))
    ports.wait_until_applied(config, store.registry.version())


@device.command("remove")
@click.argument("id")
@_with_store
def device_remove(config: Config, store: Store, id: str) -> None:
    """Let a device in no more, and clear what it had on display."""
    dismiss(store.registry, id, clock.now_ms())


# clients, and everything


@commands.group()
def client() -> None:
    """Those who ask."""


@client.command("set")
@click.argument("id")
@click.option("--area", help="The household's area, as outage notices name it: a-z, 0-9, _ and -.")
@click.option("--lang", type=click.Choice(LANGS), help="The language in which it is written to.")
@click.option("--name", help="What agents read.")
@_with_store
def client_set(config: Config, store: Store, id: str, area: str | None, lang: str | None, name: str | None) -> None:
    """Say of a client what its portal would: area, language, name. What is not given stays; a new one is made."""
    ids.check_id(id, Role.CLIENT)
    if area is lang is name is None:
        raise Refused("Say what to set: --area, --lang or --name.")
    if area is not None:
        topics.outage(area)
    if name is not None and (not name.strip() or len(name) > 80 or not name.isprintable()):
        raise Refused("A name has 1 to 80 printable characters.")
    before = store.registry.find_client(id)
    now = store.registry.ensure_client(id, name=name and name.strip(), lang=lang, area=area)
    if before != now:
        store.registry.changes.announce(ChangeKind.CLIENT, {"client": id}, clock.now_ms())


@client.command("export")
@click.argument("id")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@_with_store
def client_export(config: Config, store: Store, id: str, file: Path) -> None:
    """Write everything that is kept of a client into FILE, a zip archive; `-` is standard output."""
    from chat_core.runtime import exports  # only this verb needs it

    ids.check_id(id, Role.CLIENT)
    pieces = exports.export_client(store, FileFolder(config.data), id, clock.now_ms())
    if str(file) == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as archive:
        archive.writelines(pieces)


@client.command("erase")
@click.argument("id")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0, 3600),
    default=15,
    show_default=True,
    help="Seconds to wait for the bridge, which erases the conversation; then exit status 3 says that it is pending.",
)
@_with_store
def client_erase(config: Config, store: Store, id: str, wait_s: float) -> None:
    """Erase everything of a client: words, notes, files, readings, name, devices. There is no way back."""
    from chat_core.runtime import client_data

    ids.check_id(id, Role.CLIENT)
    asked = client_data.erase_client(store, FileFolder(config.data), id, clock.now_ms())
    if client_data.wait_until_erased(store, asked, wait_s):
        click.echo(f"{id}: erased")
        return
    click.echo(f"{id}: pending: name, files and devices are erased; the bridge erases the conversation when it runs")
    sys.exit(UNAVAILABLE)


class _OrCreate(click.Group):
    """`wattline backup FILE` is `wattline backup create FILE`."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["create", *args])


@commands.group(cls=_OrCreate, subcommand_metavar="FILE | verify FILE")
def backup() -> None:
    """Write database, keys and files into FILE, while Wattline runs; or verify such a file."""


@backup.command("create")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_create(file: Path) -> None:
    """Write database, keys and files into FILE, while Wattline runs."""
    from chat_core.runtime import backups  # only these verbs need it

    backups.back_up(settings.load(), file, _tell)


@backup.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def backup_verify(file: Path) -> None:
    """Compare every byte of a backup with the hashes that were written with it."""
    from chat_core.runtime import backups

    manifest = backups.verify(file, _tell)
    made = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(manifest["made"] / 1000))
    click.echo(f"{file}: good: {len(manifest['files'])} files, made {made} by wattline {manifest['version']}")


@commands.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unverified", is_flag=True, help="Take a backup of a version that wrote no hashes.")
def restore(file: Path, unverified: bool) -> None:
    """Put a backup back into an empty data folder (and an empty database)."""
    from chat_core.runtime import backups

    backups.restore(settings.load(), file, _tell, unverified=unverified)
    click.echo("restored; start Wattline again")


# credentials


@commands.command()
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--ttl", type=click.IntRange(1, 366 * 86_400), default=TOKEN_TTL_S, show_default=True, help="Seconds it is valid."
)
@_with_store
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
        else:  # a service other than ours: its bearer opens /metrics
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


class _Duration(click.ParamType[int]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else listening.parse_duration(value)
        except ValueError as err:
            self.fail(f"{value!r}: {err}.", param, ctx)


@commands.command()
@click.option(
    "--for", "duration_s", type=_Duration(), default=listening.DEFAULT, show_default=True, help="Such as 90s, 15m, 1h."
)
@click.option("--client", help="Hear this client alone; without it everybody.")
@_with_store
def listen(config: Config, store: Store, duration_s: int, client: str | None) -> None:
    """Print a mosquitto_sub line that hears conversations for some minutes, and can say nothing."""
    line = listening.add_listener(ports.resolved(config), store, client, duration_s, time.time())
    ports.wait_until_applied(config, store.registry.version())
    click.echo(line)


@commands.group()
def key() -> None:
    """The key that signs tokens."""


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
        raise _OneLine(str(err)) from err
    if revoke:
        with Store.open(config) as store:
            store.registry.listeners.end_all()
    click.echo(f"signing with {keys.newest_kid}; {len(keys.signing) - 1} older still verify")


# brokers


@commands.group()
def broker() -> None:
    """Brokers other than the embedded one."""


@broker.command("render")
@click.argument("kind", type=click.Choice(RENDERED))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
def broker_render(kind: str, out: Path) -> None:
    """Write a complete configuration for a broker that runs elsewhere."""
    command = [sys.executable, "-m", "broker", "render", kind, "--out", str(out)]
    sys.exit(subprocess.run(command, check=False).returncode)


@commands.command()
def check() -> None:
    """Check configuration, connections, and one message end to end."""
    from chat_core.cli import check

    good = True
    for finding in check.examine(settings.load()):
        good = good and finding.good
        click.echo(f"{'ok    ' if finding.good else 'FAILED'} {finding.what}: {finding.text}")
    sys.exit(0 if good else FAILED)


def main() -> None:
    """The console script."""
    commands.main(prog_name="wattline")
