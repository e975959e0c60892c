"""Run the verbs for displays and meters. Touches the store."""

import json
from dataclasses import replace
from typing import Final

import click

from chat_core.cli.base import with_store
from chat_core.contract.errors import WrongState
from chat_core.domain.firmware import find_kind
from chat_core.runtime import clock, ports, tokens
from chat_core.runtime.config import Config
from chat_core.runtime.device_setup import KINDS, readings_of, what_to_flash
from chat_core.runtime.devices import Enrolment, dismiss, enrol
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Holder
from chat_core.store import Store

# The kind of a device that was added here without one, and whose topics name none.
COMMAND_LINE: Final = "command-line"


@click.group()
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
@click.option(
    "--for",
    "kind",
    type=click.Choice(list(KINDS)),
    help="Print what to flash onto it instead of JSON; without --topic, read the topics of this kind as its meter's.",
)
@with_store
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
    forms, meter = readings_of(kind, id, forms, meter)
    new = Enrolment(id, client, forms, meter, kind or find_kind(forms) or COMMAND_LINE)
    password = enrol(store.registry, new, clock.now_ms())
    known = ports.resolved(config)
    issued = tokens.issue(known, Keys.open(config.data), Holder(id, 0), 0, 0)
    issued = replace(issued, password=password, url=tokens.device_url(known))
    if kind is not None:
        authority = str(config.tls_ca or config.tls_cert or "")
        click.echo(what_to_flash(kind, client, issued, config.broker_profile, authority, forms).printed, nl=False)
    else:
        shown: dict[str, object] = {"username": id, "password": password, "client_id": issued.client_id}
        shown |= {"client": client, "topics": list(forms), "url": issued.url, "ws_url": issued.ws_url}
        click.echo(json.dumps(shown))
    ports.wait_until_applied(config, store.registry.version())


@device.command("remove")
@click.argument("id")
@with_store
def device_remove(config: Config, store: Store, id: str) -> None:
    """Let a device in no more, and clear what it had on display."""
    dismiss(store.registry, id, clock.now_ms())
