"""Run the configured broker, or write the files of one that runs elsewhere. Touches sockets, processes and files."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

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
    with _faults_told():
        config = _config()
        sys.exit(find_driver(config.broker).serve(config, Heartbeat.from_environment()))


@main.command()
@click.argument("kind", type=click.Choice(RENDERED))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--nodes", default=1, type=click.IntRange(1))
def render(kind: str, out: Path, nodes: int) -> None:
    """Write a complete configuration for a broker that runs elsewhere."""
    with _faults_told():
        find_driver(kind).render(_config(), out.absolute(), nodes)


def _config() -> settings.Config:
    config = settings.load()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return config


@contextlib.contextmanager
def _faults_told() -> Iterator[None]:
    """End the process with one line on stderr when the broker cannot work."""
    try:
        yield
    except (WattlineError, OSError) as err:
        text = err.text if isinstance(err, WattlineError) else err.strerror or str(err)
        file = f": {err.filename}" if isinstance(err, OSError) and err.filename else ""
        click.echo(f"broker: {' '.join(f'{text}{file}'.split())}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m broker")
