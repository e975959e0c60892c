"""Answer REST requests, one module a resource: snapshots, sign-in and credentials. MQTT carries live messages."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint


def blueprints() -> Iterator[Blueprint]:
    """Yield `routes` of each module here that has them."""
    for module in iter_modules(__path__):
        routes = getattr(import_module(f"{__name__}.{module.name}"), "routes", None)
        if routes is not None:
            yield routes
