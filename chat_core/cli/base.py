"""Share between the verbs of `wattline`: exit statuses, errors in one line, the open store. Touches the store."""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click

from chat_core.contract.errors import Unavailable, WattlineError
from chat_core.runtime import config as settings
from chat_core.store import Store

FAILED, UNAVAILABLE = 1, 3  # exit statuses; 2 is click's, for a wrong command line


class OneLine(click.ClickException):
    """Print an error in one line."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))

    def show(self, file: Any = None) -> None:
        click.echo(f"wattline: {self.message}", err=True)


class NotNow(OneLine):
    """Report that something does not answer."""

    exit_code = UNAVAILABLE


class Verbs(click.Group):
    """Turn our errors, and the operating system's, into one line and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Unavailable as err:
            raise NotNow(err.text) from err
        except WattlineError as err:
            raise OneLine(err.text) from err
        except OSError as err:
            raise OneLine(f"{err.strerror or err}{f': {err.filename}' if err.filename else ''}") from err


def with_store(verb: Callable[..., None]) -> Callable[..., None]:
    """Give the verb the settings and the open store as its first arguments."""

    @functools.wraps(verb)
    def opened(**arguments: Any) -> None:
        config = settings.load()
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Store.open(config) as store:
            verb(config, store, **arguments)

    return opened


def say(line: str, *, err: bool = False) -> None:
    """Print a line for the operator; on a full disk it is lost."""
    with suppress(OSError):
        click.echo(line, err=err)


def tell(line: str) -> None:
    """Print a line with the program's name to standard error."""
    say(f"wattline: {line}", err=True)
