"""Tell people and programs outside what happened: by webhook, mail and push."""

from collections.abc import Sequence

from flask import Flask

from web.app_context import EXTENSION, AppContext
from web.outbound.addresses import AddressRule
from web.outbound.channel import OutboundChannel
from web.outbound.http import Sender
from web.outbound.push import PushChannel


def channels(app: Flask) -> Sequence[OutboundChannel]:
    """Return all ways to somebody outside, on or off. Args: app: whose context has configuration, store and keys."""
    here: AppContext = app.extensions[EXTENSION]
    return (PushChannel(here, Sender(AddressRule())),)
