"""GET /api/clients/<client>/consumption: stored readings, summed by interval in the platform's time zone."""

import json
from typing import Final

from flask import Blueprint, Response, jsonify

from chat_core.errors import BadPayload
from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.shapes import (
    ColumnsAsk,
    Consumption,
    ConsumptionAsk,
    ConsumptionColumns,
    LastReading,
    Point,
    Step,
    wire,
)
from web.room import room

MAX_POINTS: Final = 5_000
MAX_COLUMNS: Final = 36_000  # a year of quarters of an hour, and a leap day
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
    _check_length(query, MAX_POINTS)
    store, tz = room().store, room().config.tz
    points = [
        Point(at=one.start, to=one.end, wh=one.wh, w=one.w)
        for one in store.consumption(client, query.start, query.end, query.step, tz, query.meter)
    ]
    newest = store.last_reading(client)
    last = LastReading(meter=newest.meter, at=newest.at, wh=newest.wh, w=newest.w) if newest else None
    return jsonify(
        wire(Consumption(start=query.start, end=query.end, step=query.step, tz=tz, points=points, last=last))
    )


@routes.get("/api/clients/<client>/consumption/columns")
@spec.validate(tags=[CHAT], resp=answers(ConsumptionColumns))
def show_columns(client: str, query: ColumnsAsk) -> Response:
    """The energy of each interval in [from, to) as two columns: fast for a whole year of quarters of an hour."""
    auth.reader_of(client)
    _check_length(query, MAX_COLUMNS)
    tz = room().config.tz
    at, wh = room().store.consumption_columns(client, query.start, query.end, query.step, tz, query.meter)
    # The database made the two arrays; they are parsed by nobody on the way.
    head = json.dumps({"from": query.start, "to": query.end, "step": query.step, "tz": tz}, separators=(",", ":"))
    return Response(f'{head[:-1]},"at":{at},"wh":{wh}}}', mimetype="application/json")


def _check_length(query: ConsumptionAsk, most: int) -> None:
    if (query.end - query.start) / SHORTEST_MS[query.step] > most:
        raise BadPayload(
            f"That is more than {most} intervals; ask for a shorter period or a wider step.", why="too_long"
        )
