"""
`python -m broker`: the configured broker, or the files of one that runs elsewhere. Wiring; touches sockets, processes
and files.
"""

import sys
import time
from pathlib import Path
from typing import NoReturn

import click

from chat_core import config as settings
from chat_core import logs
from chat_core.config import Config
from chat_core.errors import BrokerDown, WattlineError
from chat_core.keys import Keys
from chat_core.store import Store


@click.group(invoke_without_command=True)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Run the broker that WATTLINE_BROKER names."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(run)


@main.command()
def run() -> None:
    """Run the broker until SIGTERM or Ctrl-C."""
    logs.configure()
    config = settings.load()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        sys.exit(_run(config))
    except WattlineError as err:
        _fail(err.text)
    except OSError as err:
        _fail(f"{err.strerror or err}{f': {err.filename}' if err.filename else ''}")


def _run(config: Config) -> int:
    if config.broker == "mosquitto":
        from broker.mosquitto import child  # each broker is imported only where it runs

        return child.run(config)
    if config.broker == "embedded":
        from broker.embedded import server

        server.run(config)
        return 0
    raise BrokerDown("WATTLINE_BROKER=rabbitmq: RabbitMQ runs on its own; set WATTLINE_MQTT_HOST to it.")


@main.command()
@click.argument("kind", type=click.Choice(["mosquitto", "rabbitmq"]))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
def render(kind: str, out: Path) -> None:
    """Write a complete configuration for a broker that runs elsewhere."""
    if kind == "rabbitmq":
        _fail("RabbitMQ's files cannot be rendered yet.")
    from broker.mosquitto import files

    config = settings.load()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with Store.open(config, migrate=True) as store:
            accounts = files.Accounts(store, Keys.open(config.data))
            now_ms = time.time_ns() // 1_000_000
            accounts.prepare(now_ms)
            place = files.place_for(config, out.absolute(), config.mqtt_port or 1883, config.ws_port or 9001)
            files.write(place, accounts.read(now_ms))
    except WattlineError as err:
        _fail(err.text)


def _fail(text: str) -> NoReturn:
    click.echo(f"broker: {' '.join(text.split())}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m broker")
