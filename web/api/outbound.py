"""Serve /api/outbound: what waits to be sent to somebody outside, and what failed. For administrators."""

from typing import Annotated, Final, Literal

from flask import Blueprint, Response
from pydantic import BeforeValidator, Field

from chat_core.contract.delivery_reasons import reason
from chat_core.contract.errors import NotFound, WrongState
from chat_core.contract.fields import TimeMs
from chat_core.store.deliveries import Delivery, DeliveryState
from web import auth
from web.api.contract import ADMIN, WROTE, answers, check_body, respond, spec
from web.api.schemas import Asked, DeliveryReasonBody, Nothing, ResponseBody, none_if_empty
from web.app_context import app_context

PAGE: Final = 50
BY_HAND: Final = reason("by_hand")

routes: Final = Blueprint("outbound", __name__)
routes.before_request(check_body)

StateName = Literal["waiting", "sent", "failed", "dropped"]


class QueueBody(ResponseBody):
    """Count what waits for a destination and what failed. `oldest`: since when the first of them waits."""

    destination: str
    waiting: int
    failed: int
    oldest: TimeMs | None


class QueuesBody(ResponseBody):
    """List the destinations for which something waits or has failed."""

    queues: list[QueueBody]


class DeliveriesAsk(Asked):
    """Select deliveries: in which state, of which destination, and below which number."""

    state: StateName
    destination: Annotated[str | None, BeforeValidator(none_if_empty)] = None
    before: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None


class DeliveryBody(ResponseBody):
    """
    Describe a delivery, without words. `at`: of the event; `due`: of the next try; `error`, `reason`: why the last one
    failed, in English and as a code; no code for what older versions noted.
    """

    num: int
    id: str
    destination: str
    event: str
    client: str | None
    state: StateName
    at: TimeMs
    due: TimeMs
    tries: int
    error: str | None
    reason: DeliveryReasonBody | None
    done: TimeMs | None


class DeliveriesBody(ResponseBody):
    """Hold a page of deliveries, the newest first. `next`: the `before` of the next page; null at the end."""

    deliveries: list[DeliveryBody]
    next: int | None


def _body(one: Delivery) -> DeliveryBody:
    return DeliveryBody(
        num=one.num,
        id=one.id,
        destination=one.destination,
        event=one.event,
        client=one.client,
        state=one.state.name.lower(),  # type: ignore[arg-type]  # the enum's names
        at=one.at,
        due=one.due,
        tries=one.tries,
        error=one.error,
        reason=DeliveryReasonBody.of(one.reason),
        done=one.done,
    )


@routes.get("/api/outbound")
@spec.validate(tags=[ADMIN], resp=answers(QueuesBody))
def list_queues() -> Response:
    """List what waits and what failed, by destination. For administrators."""
    auth.administrator()
    queues = app_context().store.deliveries.queues()
    return respond(QueuesBody(queues=[QueueBody(**queue._asdict()) for queue in queues]))


@routes.get("/api/outbound/deliveries")
@spec.validate(tags=[ADMIN], resp=answers(DeliveriesBody))
def list_deliveries(query: DeliveriesAsk) -> Response:
    """List deliveries in one state. For administrators."""
    auth.administrator()
    state = DeliveryState[query.state.upper()]
    found = app_context().store.deliveries.page(state, query.destination, query.before, PAGE)
    last = found[-1].num if len(found) == PAGE else None
    return respond(DeliveriesBody(deliveries=[_body(one) for one in found], next=last))


@routes.post("/api/outbound/deliveries/<int:num>/again")
@spec.validate(tags=[ADMIN], resp=answers(DeliveryBody, **WROTE))
def send_again(num: int, json: Nothing) -> Response:
    """
    Send a delivery now, under the same id. For administrators.

    Refused (409): `not_again` while it is being sent, and for mail and push that went out.
    """
    auth.administrator()
    due = app_context().store.deliveries.send_again(num)
    found = _found(num)
    if not due:
        raise WrongState("This delivery is being sent, or went out by mail or push already.", why="not_again")
    return respond(_body(found))


@routes.post("/api/outbound/deliveries/<int:num>/drop")
@spec.validate(tags=[ADMIN], resp=answers(DeliveryBody, **WROTE))
def drop_delivery(num: int, json: Nothing) -> Response:
    """Drop a delivery that waits. For administrators."""
    auth.administrator()
    dropped = app_context().store.deliveries.drop(num, BY_HAND)
    found = _found(num)
    if not dropped:
        raise WrongState("This delivery does not wait any more.", why="not_waiting")
    return respond(_body(found))


def _found(num: int) -> Delivery:
    found = app_context().store.deliveries.find(num)
    if found is None:
        raise NotFound(f"There is no delivery {num}.")
    return found
