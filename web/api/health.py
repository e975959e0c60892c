"""Serve /healthz, /readyz and /metrics for supervisors, load balancers and Prometheus."""

from typing import Final

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from chat_core.contract.errors import NotAllowed, Unavailable
from chat_core.contract.ids import Role
from chat_core.runtime import readiness
from web import auth, metrics
from web.api.contract import OPERATION, Answers, answers, respond, spec
from web.api.schemas import Alive, Problem, Ready
from web.app_context import app_context
from web.measures import ScrapeCollector
from web.urls import is_loopback

routes: Final = Blueprint("health", __name__)


@routes.get("/healthz")
@spec.validate(tags=[OPERATION], security=[], resp=Answers(HTTP_200=Alive))
def show_alive() -> Response:
    """Answer while this process runs."""
    return respond(Alive())


@routes.get("/readyz")
@spec.validate(tags=[OPERATION], security=[], resp=Answers(HTTP_200=Ready, HTTP_503=Problem))
def show_ready() -> Response:
    """Check that the bridge's probe went through broker and database within the last seconds."""
    beat = app_context().beat.answer()
    fault = readiness.find_fault(app_context().config, beat)
    if fault is not None:
        raise Unavailable(fault.text, why=fault.code, retry_ms=1000)
    return respond(Ready(echo_age_ms=(beat and beat.age_ms) or 0))


@routes.get("/metrics")
@spec.validate(tags=[OPERATION], resp=answers(None))
def show_metrics() -> Response:
    """Return all processes' metrics to this machine, a service's bearer or an administrator's."""
    if not _is_here():
        _check_operator()
    return Response(metrics.render(ScrapeCollector()), content_type=CONTENT_TYPE_LATEST)


def _is_here() -> bool:
    """Return whether the request is from this machine, under its own name (against DNS rebinding)."""
    return is_loopback(request.remote_addr or "") and is_loopback(request.host.rpartition(":")[0] or request.host)


def _check_operator() -> None:
    if auth.service_asker() is not None:
        return
    who = auth.asker().identity
    agent = app_context().store.registry.find_agent(who.id) if who.role is Role.AGENT else None
    if not (agent and agent.admin):
        raise NotAllowed("Metrics are for this machine, services and administrators.")
