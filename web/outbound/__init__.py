"""Tell people and programs outside what happened: by webhook, mail and push."""

from collections.abc import Sequence

from flask import Flask

from web.app_context import EXTENSION, AppContext
from web.outbound.addresses import AddressRule
from web.outbound.channel import OutboundChannel
from web.outbound.http import Sender
from web.outbound.mail import MailChannel
from web.outbound.push import PushChannel
from web.outbound.webhooks import WebhookChannel


def channels(app: Flask) -> Sequence[OutboundChannel]:
    """Return all ways to somebody outside, on or off."""
    here: AppContext = app.extensions[EXTENSION]
    sender = Sender(AddressRule(here.config.outbound_networks))
    return (MailChannel(app), WebhookChannel(here.store, here.keys_now, sender), PushChannel(here, sender))
