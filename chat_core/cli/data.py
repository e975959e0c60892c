"""Run the verbs for the database and its backups. Touches the store and files."""

import time
from pathlib import Path
from typing import Any

import click

from chat_core.cli.base import tell
from chat_core.runtime import config as settings
from chat_core.store import Store


@click.command()
@click.option(
    "--message-partitions",
    "parts",
    type=click.IntRange(2, 256),
    help="Divide the messages of an empty PostgreSQL database into so many tables.",
)
def migrate(parts: int | None) -> None:
    """Bring the database to this version's form."""
    config = settings.load()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Store.open(config, migrate=True) as store:
        if parts is not None:
            store.divide_messages(parts)
        click.echo("the database is up to date")


class _OrCreate(click.Group):
    """Read `wattline backup FILE` as `wattline backup create FILE`."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["create", *args])


@click.group(cls=_OrCreate, subcommand_metavar="FILE | verify FILE")
def backup() -> None:
    """Write database, keys and files into FILE, while Wattline runs; or verify such a file."""


@backup.command("create")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_create(file: Path) -> None:
    """Write database, keys and files into FILE, while Wattline runs."""
    from chat_core.runtime import backups  # only these verbs need it

    backups.back_up(settings.load(), file, tell)


@backup.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def backup_verify(file: Path) -> None:
    """Compare every byte of a backup with the hashes that were written with it."""
    from chat_core.runtime import backups

    manifest = backups.verify(file, tell)
    made = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(manifest["made"] / 1000))
    click.echo(f"{file}: good: {len(manifest['files'])} files, made {made} by wattline {manifest['version']}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unverified", is_flag=True, help="Take a backup of a version that wrote no hashes.")
def restore(file: Path, unverified: bool) -> None:
    """Put a backup back into an empty data folder (and an empty database)."""
    from chat_core.runtime import backups

    backups.restore(settings.load(), file, tell, unverified=unverified)
    click.echo("restored; start Wattline again")


@click.command()
@click.option("--from", "source", required=True, metavar="URL", help="The database of today, as WATTLINE_DB names it.")
@click.option("--to", "target", required=True, metavar="URL", help="An empty database of either kind.")
def move(source: str, target: str) -> None:
    """Copy the whole database into another one, while Wattline stands still; run again, it goes on."""
    from chat_core import store
    from chat_core.cli.up import only_one

    config = settings.load()
    places = {"WATTLINE_DATA": str(config.data), "WATTLINE_TZ": config.tz}
    old, new = (settings.load({**places, "WATTLINE_DB": url}) for url in (source, target))
    with only_one(config):
        rows = store.move(old, new, tell)
    click.echo(f"moved and compared: {rows:,} rows. Set WATTLINE_DB to the new database and start Wattline;")
    click.echo("the old one is as it was.")
