"""/healthz, /readyz and /metrics: for supervisors, load balancers and Prometheus."""

import shutil
from typing import Final

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from chat_core.errors import NotAllowed, Unavailable
from chat_core.ids import Role
from web import auth, metrics
from web.api.contract import OPERATION, Answers, answers, spec
from web.api.shapes import Alive, Problem, Ready, wire
from web.room import room
from web.wsurl import is_loopback

ECHO_WITHIN_MS: Final = 10_000
ROOM_BYTES: Final = 1024 * 1024  # with less, a database cannot be written for long

routes: Final = Blueprint("health", __name__)


@routes.get("/healthz")
@spec.validate(tags=[OPERATION], security=[], resp=Answers(HTTP_200=Alive))
def show_alive() -> Response:
    """The process answers; nothing else is asked."""
    return jsonify(wire(Alive()))


@routes.get("/readyz")
@spec.validate(tags=[OPERATION], security=[], resp=Answers(HTTP_200=Ready, HTTP_503=Problem))
def show_ready() -> Response:
    """The whole works: the bridge's own probe went through broker and database within the last seconds."""
    beat = room().store.beat()
    age_ms = None if beat is None else beat.age_ms
    if (age_ms is None or age_ms > ECHO_WITHIN_MS) and _has_no_room():
        raise Unavailable("The disk is full: nothing is stored until there is room.", why="disk_full", retry_ms=1000)
    if age_ms is None:
        raise Unavailable("The bridge has not been heard yet.", why="no_echo", retry_ms=1000)
    if age_ms > ECHO_WITHIN_MS:
        raise Unavailable(f"The bridge was last heard {age_ms // 1000} s ago.", why="echo_late", retry_ms=1000)
    if beat is not None and beat.failing:
        raise Unavailable(f"The bridge fails at: {', '.join(beat.failing)}.", why="failing", retry_ms=1000)
    return jsonify(wire(Ready(echo_age_ms=age_ms)))


def _has_no_room() -> bool:
    return shutil.disk_usage(room().config.data).free < ROOM_BYTES


@routes.get("/metrics")
@spec.validate(tags=[OPERATION], resp=answers(None))
def show_metrics() -> Response:
    """All rooms' numbers, for this machine itself, or for a service's or an administrator's bearer."""
    if not _is_here():
        _check_operator()
    return Response(metrics.render(), content_type=CONTENT_TYPE_LATEST)


def _is_here() -> bool:
    """
    Whether this machine asks, by its own name: a page in a browser here that was lured to a foreign name does not
    count.
    """
    return is_loopback(request.remote_addr or "") and is_loopback(request.host.rpartition(":")[0] or request.host)


def _check_operator() -> None:
    if auth.service_asker() is not None:
        return
    who = auth.asker().identity
    agent = room().store.registry.find_agent(who.id) if who.role is Role.AGENT else None
    if not (agent and agent.admin):
        raise NotAllowed("Metrics are for this machine, services and administrators.")
