"""Run the configured broker, or write the files of one that runs elsewhere. Touches sockets, processes and files."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from broker.driver import find_driver
from chat_core.contract.errors import WattlineError
from chat_core.runtime import config as settings
from chat_core.runtime import logs
from chat_core.runtime.brokers import RENDERED
from chat_core.runtime.heartbeat import Heartbeat


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
        sys.exit(find_driver(config.broker).serve(config, Heartbeat.from_environment()))
    except WattlineError as err:
        _fail(err.text)
    except OSError as err:
        _fail(f"{err.strerror or err}{f': {err.filename}' if err.filename else ''}")


@main.command()
@click.argument("kind", type=click.Choice(RENDERED))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
def render(kind: str, out: Path) -> None:
    """Write a complete configuration for a broker that runs elsewhere."""
    config = settings.load()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        find_driver(kind).render(config, out.absolute())
    except WattlineError as err:
        _fail(err.text)
    except OSError as err:
        _fail(f"{err.strerror or err}{f': {err.filename}' if err.filename else ''}")


def _fail(text: str) -> NoReturn:
    click.echo(f"broker: {' '.join(text.split())}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m broker")
