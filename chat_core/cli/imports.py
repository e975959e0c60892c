"""Run the verb that takes another product's export. Touches the store and files."""

from contextlib import nullcontext
from pathlib import Path

import click

from chat_core.cli.base import tell, with_store
from chat_core.contract.languages import LANGS
from chat_core.runtime.config import Config
from chat_core.store import Store

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("source", type=click.Choice(["intercom", "crisp", "chatwoot"]))
@click.argument("place", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read all and report, but change nothing. Wattline may run meanwhile.")
@click.option("--clients", type=_FILE, help="A CSV file: who it is in the export, and the client's id here.")
@click.option("--agents", type=_FILE, help="A CSV file: who it is in the export, and the agent's id here.")
@click.option("--lang", type=click.Choice(LANGS), default=LANGS[0], show_default=True, help="Of the saved replies.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Where to write what was not taken.")
@with_store
def import_(
    config: Config,
    store: Store,
    source: str,
    place: Path,
    dry_run: bool,
    clients: Path | None,
    agents: Path | None,
    lang: str,
    report: Path | None,
) -> None:
    """Take the export PLACE (a file or a folder) of another product, while Wattline stands still."""
    from chat_core.cli.up import only_one
    from chat_core.imports.run import Job, run  # only this verb needs it

    written = report or config.data / "imports" / f"{source}.jsonl"
    job = Job(source, place, written, lang, clients, agents, dry_run)
    with nullcontext() if dry_run else only_one(config):
        lines = run(store, job, tell)
    for line in lines:
        click.echo(line)
    click.echo(f"What was not taken is in {written}, one JSON object a line.")
    click.echo("Nothing was changed." if dry_run else "Start Wattline again.")
