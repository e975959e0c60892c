"""GET /api/clients/<client>/consumption: stored readings, summed by interval in the platform's time zone."""

from typing import Final

from flask import Blueprint, Response, jsonify

from chat_core.errors import BadPayload
from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.shapes import Consumption, ConsumptionAsk, LastReading, Point, Step, wire
from web.room import room

MAX_POINTS: Final = 5_000
SHORTEST_MS: Final[dict[Step, int]] = {
    "minute": 60_000,
    "quarter": 900_000,
    "hour": 3_600_000,
    "day": 82_800_000,  # the day of 23 hours
    "month": 2_415_600_000,  # a February less an hour
}

routes: Final = Blueprint("consumption", __name__)


@routes.get("/api/clients/<client>/consumption")
@spec.validate(tags=[CHAT], resp=answers(Consumption))
def show_consumption(client: str, query: ConsumptionAsk) -> Response:
    """Energy and mean power of each interval in [from, to), and the newest reading."""
    auth.reader_of(client)
    if (query.end - query.start) / SHORTEST_MS[query.step] > MAX_POINTS:
        raise BadPayload(
            f"That is more than {MAX_POINTS} intervals; ask for a shorter period or a wider step.", why="too_long"
        )
    store, tz = room().store, room().config.tz
    points = [
        Point(at=one.start, to=one.end, wh=one.wh, w=one.w)
        for one in store.consumption(client, query.start, query.end, query.step, tz)
    ]
    newest = store.last_reading(client)
    last = LastReading(meter=newest.meter, at=newest.at, wh=newest.wh, w=newest.w) if newest else None
    return jsonify(
        wire(Consumption(start=query.start, end=query.end, step=query.step, tz=tz, points=points, last=last))
    )
