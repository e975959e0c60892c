"""Serve /api/webhooks: endpoints that hear of events. For administrators."""

from typing import Annotated, Final, Literal

from flask import Blueprint, Response, jsonify
from pydantic import Field, model_validator

from chat_core.contract.delivery_reasons import reason
from chat_core.contract.errors import BadPayload, WrongState
from chat_core.contract.fields import TimeMs
from chat_core.store.webhooks import Webhook
from web import auth
from web.api.contract import ADMIN, REFUSALS, WROTE, Answers, answers, check_body, respond, revalidated, spec
from web.api.schemas import Asked, DeliveryReasonBody, Nothing, Problem, ResponseBody, check_period
from web.app_context import app_context
from web.outbound.addresses import MAX_URL, AddressRule, parse_url
from web.outbound.channel import NotSent, Rejected
from web.outbound.webhook_payloads import EntryEventName, schema
from web.outbound.webhooks import secret_of, test_delivery

BY_HAND: Final = reason("off_by_hand")

routes: Final = Blueprint("webhooks", __name__)
routes.before_request(check_body)

EventName = Literal[EntryEventName, "incident.changed", "client.created"]
Events = Annotated[list[EventName], Field(min_length=1)]
Url = Annotated[str, Field(min_length=1, max_length=MAX_URL)]


class WebhookBody(ResponseBody):
    """
    Describe a webhook. `off`, `off_reason`: why nothing is sent to it, in English and as a code; null while it is on,
    and no code for what older versions switched off.
    """

    id: str
    url: str
    events: list[str]
    off: str | None
    off_reason: DeliveryReasonBody | None
    created: TimeMs


class WebhooksBody(ResponseBody):
    """List the webhooks, the oldest first."""

    webhooks: list[WebhookBody]


class NewWebhook(Asked):
    """Name the URL that events are sent to, and which."""

    url: Url
    events: Events


class WebhookChange(Asked):
    """Set a webhook's URL and events, and whether it is on."""

    url: Url
    events: Events
    on: bool


class WebhookSecret(ResponseBody):
    """Hold the webhook and the secret that verifies its signatures, which is shown only here."""

    webhook: WebhookBody
    secret: str


class ReplayAsk(Asked):
    """Name a span of time [from, to): its events are sent again, under the same ids."""

    start: TimeMs = Field(alias="from")
    end: TimeMs = Field(alias="to")

    _forward = model_validator(mode="after")(check_period)


class Replayed(ResponseBody):
    """Count the deliveries that are sent again."""

    deliveries: int


class TestSent(ResponseBody):
    """Name the delivery of the test event."""

    delivery: str


class WebhookRemoved(ResponseBody):
    """Name the removed webhook."""

    removed: str


def _body(webhook: Webhook) -> WebhookBody:
    return WebhookBody(
        id=webhook.id,
        url=webhook.url,
        events=list(webhook.events),
        off=webhook.off,
        off_reason=DeliveryReasonBody.of(webhook.off_reason),
        created=webhook.created,
    )


def _check_url(url: str) -> None:
    """Raise BadPayload for a URL that nothing may be sent to. A name may become known later."""
    try:
        AddressRule(app_context().config.outbound_networks).choose(parse_url(url))
    except NotSent:
        return
    except Rejected as fault:
        raise BadPayload(f"url: {fault.reason.text}", why="bad_url") from None


def _with_secret(webhook: Webhook, status: int = 200) -> Response:
    secret = secret_of(app_context().keys, webhook.id, webhook.version)
    return respond(WebhookSecret(webhook=_body(webhook), secret=secret), status)


@routes.get("/docs/webhooks.schema.json")
def show_schema() -> Response:
    """Show the JSON schema of what webhooks carry. It needs no sign-in, since it holds nothing of anybody."""
    return revalidated(jsonify(schema()))


@routes.get("/api/webhooks")
@spec.validate(tags=[ADMIN], resp=answers(WebhooksBody))
def list_webhooks() -> Response:
    """List the webhooks. For administrators."""
    auth.administrator()
    return respond(WebhooksBody(webhooks=[_body(one) for one in app_context().store.webhooks.all()]))


@routes.post("/api/webhooks")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_201=WebhookSecret, HTTP_422=Problem, **REFUSALS, **WROTE))
def add_webhook(json: NewWebhook) -> Response:
    """Add a webhook; return its secret, which is not shown again. For administrators."""
    auth.administrator()
    _check_url(json.url)
    return _with_secret(app_context().store.webhooks.add(json.url, set(json.events), app_context().now_ms()), 201)


@routes.put("/api/webhooks/<webhook>")
@spec.validate(tags=[ADMIN], resp=answers(WebhookBody, HTTP_422=Problem, **WROTE))
def change_webhook(webhook: str, json: WebhookChange) -> Response:
    """Change a webhook, or switch it on or off. What waits for it goes out when it is on again. For administrators."""
    auth.administrator()
    webhooks = app_context().store.webhooks
    webhooks.get(webhook)
    _check_url(json.url)
    return respond(_body(webhooks.change(webhook, json.url, set(json.events), None if json.on else BY_HAND)))


@routes.post("/api/webhooks/<webhook>/rotate")
@spec.validate(tags=[ADMIN], resp=answers(WebhookSecret, **WROTE))
def rotate_webhook(webhook: str, json: Nothing) -> Response:
    """Make a new secret; for a day the one before signs too. For administrators."""
    auth.administrator()
    return _with_secret(app_context().store.webhooks.rotate(webhook, app_context().now_ms()))


@routes.post("/api/webhooks/<webhook>/test")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_202=TestSent, **REFUSALS, **WROTE))
def test_webhook(webhook: str, json: Nothing) -> Response:
    """Send a test event. For administrators."""
    auth.administrator()
    store = app_context().store
    found = store.webhooks.get(webhook)
    if found.off is not None:
        raise WrongState("This webhook is off: switch it on first.", why="webhook_off")
    delivery = test_delivery(found, app_context().now_ms())
    store.deliveries.add([delivery])
    return respond(TestSent(delivery=delivery.id), 202)


@routes.post("/api/webhooks/<webhook>/replay")
@spec.validate(tags=[ADMIN], resp=answers(Replayed, **WROTE))
def replay_webhook(webhook: str, json: ReplayAsk) -> Response:
    """Send the events of a span of time again, as far back as they are kept. For administrators."""
    auth.administrator()
    store = app_context().store
    destination = store.webhooks.get(webhook).destination
    return respond(Replayed(deliveries=store.deliveries.replay(destination, json.start, json.end)))


@routes.post("/api/webhooks/<webhook>/remove")
@spec.validate(tags=[ADMIN], resp=answers(WebhookRemoved, HTTP_404=Problem, HTTP_415=Problem))
def remove_webhook(webhook: str, json: Nothing) -> Response:
    """Remove a webhook and what waits for it. For administrators."""
    auth.administrator()
    app_context().store.webhooks.remove(webhook)
    return respond(WebhookRemoved(removed=webhook))
