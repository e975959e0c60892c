"""Tell people and programs outside what happened: by webhook, mail and push."""

from collections.abc import Sequence

from flask import Flask

from web.outbound.channel import OutboundChannel


def channels(_app: Flask) -> Sequence[OutboundChannel]:
    """Return all ways to somebody outside, on or off. Args: app: whose context has configuration, store and keys."""
    return ()
