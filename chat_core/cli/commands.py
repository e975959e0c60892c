"""Run the `wattline` command; the other modules of this folder have its verbs. Starts processes."""

import subprocess
import sys
from pathlib import Path

import click

from chat_core.cli import credentials, data, devices, imports, people
from chat_core.cli.base import FAILED, Verbs
from chat_core.runtime import config as settings
from chat_core.runtime.brokers import RENDERED


@click.command()
@click.option("--demo", is_flag=True, help="With a demo portal, simulated clients and meters.")
def up(demo: bool) -> None:
    """Start broker, bridge and web on this machine, and keep them running until Ctrl-C."""
    from chat_core.cli.up import start_all  # the other verbs need no supervisor

    config = settings.load()
    sys.exit(start_all(config.model_copy(update={"demo": True}) if demo else config))


@click.command()
def contract() -> None:
    """Print the contract of the wire as an AsyncAPI 3 document."""
    from chat_core.contract import asyncapi  # only this verb needs it

    click.echo(asyncapi.as_yaml(), nl=False)


@click.group()
def broker() -> None:
    """Brokers other than the embedded one."""


@broker.command("render")
@click.argument("kind", type=click.Choice(RENDERED))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option(
    "--nodes",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Nodes of the cluster: one folder each, named after the hosts in WATTLINE_MQTT_HOST.",
)
def broker_render(kind: str, out: Path, nodes: int) -> None:
    """Write a complete configuration for a broker that runs elsewhere."""
    command = [sys.executable, "-m", "broker", "render", kind, "--out", str(out), "--nodes", str(nodes)]
    sys.exit(subprocess.run(command, check=False).returncode)


@click.command()
def check() -> None:
    """Check configuration, connections, and one message end to end."""
    from chat_core.cli import check

    good = True
    for finding in check.examine(settings.load()):
        good = good and finding.good
        click.echo(f"{'ok    ' if finding.good else 'FAILED'} {finding.what}: {finding.text}")
    sys.exit(0 if good else FAILED)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wattline", prog_name="wattline")
def commands() -> None:
    """Wattline: live support chat for the clients of an energy platform, over MQTT."""


for verb in (
    up, contract, check, broker, people.agent, people.client, devices.device, data.migrate, data.move, data.backup,
    data.restore, imports.import_, credentials.token, credentials.listen, credentials.key,
):  # fmt: skip
    commands.add_command(verb)


def main() -> None:
    """Run the console script."""
    commands.main(prog_name="wattline")
