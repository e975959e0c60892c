"""
`python -m broker`: the configured broker, or the files of one that runs elsewhere. Wiring; touches sockets, processes
and files.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

import click

from chat_core.contract.errors import WattlineError
from chat_core.runtime import clock, logs
from chat_core.runtime import config as settings
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import Keys
from chat_core.store import Store


@click.group(invoke_without_command=True)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Run the broker that WATTLINE_BROKER names; beside RabbitMQ, what answers it."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(run)


@main.command()
def run() -> None:
    """Run the broker until SIGTERM or Ctrl-C."""
    logs.configure()
    config = settings.load()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        sys.exit(_run(config, Heartbeat.from_environment()))
    except WattlineError as err:
        _fail(err.text)
    except OSError as err:
        _fail(f"{err.strerror or err}{f': {err.filename}' if err.filename else ''}")


def _run(config: Config, heart: Heartbeat) -> int:
    if config.broker == "mosquitto":
        from broker.mosquitto import child  # each broker is imported only where it runs

        return child.run(config, heart)
    if config.broker == "embedded":
        from broker.embedded import server

        server.run(config, heart)
        return 0
    from broker.rabbitmq import server as answers

    return answers.run(config, heart)


@main.command()
@click.argument("kind", type=click.Choice(["mosquitto", "rabbitmq"]))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
def render(kind: str, out: Path) -> None:
    """Write a complete configuration for a broker that runs elsewhere."""
    config = settings.load()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _RENDERERS[kind](config, out.absolute())
    except WattlineError as err:
        _fail(err.text)
    except OSError as err:
        _fail(f"{err.strerror or err}{f': {err.filename}' if err.filename else ''}")


def _render_rabbitmq(config: Config, out: Path) -> None:
    from broker.rabbitmq import files

    files.write(files.place_for(config, out, Keys.open(config.data)))


def _render_mosquitto(config: Config, out: Path) -> None:
    from broker.mosquitto import files

    with Store.open(config, migrate=True) as store:
        accounts = files.Accounts(store, Keys.open(config.data))
        now_ms = clock.now_ms()
        accounts.prepare(now_ms)
        place = files.place_for(config, out, config.mqtt_port or 1883, config.ws_port or 9001)
        files.write(place, accounts.read(now_ms))


_RENDERERS: Final[dict[str, Callable[[Config, Path], None]]] = {
    "mosquitto": _render_mosquitto,
    "rabbitmq": _render_rabbitmq,
}


def _fail(text: str) -> NoReturn:
    click.echo(f"broker: {' '.join(text.split())}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m broker")
