"""Run the verbs for agents and clients. Touches the store and files."""

import os
import sys
from pathlib import Path

import click
from argon2 import PasswordHasher

from chat_core.cli.base import UNAVAILABLE, with_store
from chat_core.contract import ids, topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound, Refused
from chat_core.contract.fields import MAX_PERSON_NAME
from chat_core.contract.ids import Role
from chat_core.contract.languages import LANGS
from chat_core.domain import password_rule
from chat_core.runtime import clock, ports
from chat_core.runtime.config import Config
from chat_core.runtime.file_folder import FileFolder
from chat_core.store import Store


@click.group()
def agent() -> None:
    """Those who answer."""


@agent.command("add")
@click.argument("id")
@click.option("--name", required=True, help="The whole name. Clients read the first name of it.")
@click.option("--admin/--no-admin", default=None, help="May change settings and other agents; not given: as before.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else a one-time link is printed."
)
@with_store
def agent_add(config: Config, store: Store, id: str, name: str, admin: bool | None, password_stdin: bool) -> None:
    """Add an agent, or change one: its name, its rights, its password."""
    ids.check_id(id, Role.AGENT)
    check_name(name)
    hashed = PasswordHasher().hash(_read_password(id)) if password_stdin else None
    known = store.registry.find_agent(id)
    was_admin = known is not None and known.admin and not known.disabled
    store.registry.add_agent(id, name.strip(), admin=was_admin if admin is None else admin, password_hash=hashed)
    store.registry.changes.announce(ChangeKind.AGENTS, {"agent": id}, clock.now_ms())
    if hashed is None:
        token = store.registry.make_setup_link(id, clock.now_ms())
        click.echo(f"{ports.site_url(ports.resolved(config))}/setup/{token}")


def check_name(name: str) -> None:
    """Raise Refused for a name that is empty, long or not printable."""
    if not name.strip() or len(name) > MAX_PERSON_NAME or not name.isprintable():
        raise Refused(f"A name has 1 to {MAX_PERSON_NAME} printable characters.")


def _read_password(agent: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if fault := password_rule.find_fault(password, agent):
        raise Refused(password_rule.SENTENCES[fault])
    return password


@agent.command("disable")
@click.argument("id")
@with_store
def agent_disable(config: Config, store: Store, id: str) -> None:
    """Sign an agent out everywhere, and let it in no more."""
    if store.registry.find_agent(ids.check_id(id, Role.AGENT)) is None:
        raise NotFound(f"There is no agent {id}.")
    store.registry.disable_agent(id)
    store.registry.changes.announce(ChangeKind.AGENTS, {"agent": id}, clock.now_ms())


@click.group()
def client() -> None:
    """Those who ask."""


@client.command("set")
@click.argument("id")
@click.option("--area", help="The household's area, as outage notices name it: a-z, 0-9, _ and -.")
@click.option("--lang", type=click.Choice(LANGS), help="The language in which it is written to.")
@click.option("--name", help="What agents read.")
@with_store
def client_set(config: Config, store: Store, id: str, area: str | None, lang: str | None, name: str | None) -> None:
    """Say of a client what its portal would: area, language, name. What is not given stays; a new one is made."""
    ids.check_id(id, Role.CLIENT)
    if area is lang is name is None:
        raise Refused("Say what to set: --area, --lang or --name.")
    if area is not None:
        topics.outage(area)
    if name is not None:
        check_name(name)
    before = store.registry.find_client(id)
    now = store.registry.ensure_client(id, name=name and name.strip(), lang=lang, area=area)
    if before != now:
        store.registry.changes.announce(ChangeKind.CLIENT, {"client": id}, clock.now_ms())


@client.command("export")
@click.argument("id")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@with_store
def client_export(config: Config, store: Store, id: str, file: Path) -> None:
    """Write everything that is kept of a client into FILE, a zip archive; `-` is standard output."""
    from chat_core.runtime import client_data  # only these verbs need it

    ids.check_id(id, Role.CLIENT)
    pieces = client_data.export_client(store, FileFolder(config.data), id, clock.now_ms())
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
@with_store
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
