"""
Serve /api/export/…: all messages, conversations, clients or readings, as JSON Lines or CSV.

Rows are read and sent some hundred at a time, so an export of any size costs little memory. Two run at once.
"""

import csv
import io
import json as jsonlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Final, Literal, NamedTuple

from flask import Blueprint, Response
from pydantic import ConfigDict, Field, model_validator

from chat_core.contract.fields import ClientId, DateMs, TimeMs
from chat_core.contract.kinds import find_words
from chat_core.contract.payloads import Entry, Priority, Status
from chat_core.contract.scopes import Scope
from chat_core.domain.attributes import AttributeValue
from chat_core.store.results import Client
from web import auth
from web.api.contract import EXPORTS, JSON_LINES, answers, spec
from web.api.report_tables import plain_cell
from web.api.schemas import Asked, Problem, ResponseBody, check_period
from web.api_keys import scoped
from web.app_context import app_context

CLIENTS_AT_ONCE: Final = 500
PIECE_BYTES: Final = 64 * 1024
LAST_MS: Final = 2**53 - 1

routes: Final = Blueprint("exports", __name__)


class ExportFormatAsk(Asked):
    """Select the form."""

    format: Literal["jsonl", "csv"] = "jsonl"


class PeriodExportAsk(ExportFormatAsk):
    """Select the form and the period [from, to) in ms; without one everything."""

    start: DateMs = Field(alias="from", default=0)
    end: Annotated[int, Field(alias="to", ge=0, le=LAST_MS)] = LAST_MS

    _forward = model_validator(mode="after")(check_period)


class ExportedMessage(Entry):
    """Describe one line of the messages: an entry of a client's log, and whose log it is."""

    client: ClientId


class ExportedConversation(ResponseBody):
    """Describe one line of the conversations. `seq`: how many entries there are; `last`: when the newest came."""

    client: str
    name: str | None
    area: str | None
    lang: str | None
    team: str | None
    status: Status
    assignee: str | None
    priority: Priority
    tags: list[str]
    unread: int
    waiting: TimeMs | None
    until: TimeMs | None
    seq: int
    last: TimeMs | None


class ExportedClient(ResponseBody):
    """Describe one line of the clients."""

    client: str
    name: str | None
    lang: str | None
    area: str | None
    meters: list[str]
    attributes: dict[str, AttributeValue]


class ExportedReading(ResponseBody):
    """Describe one line of the readings: a meter's register in Wh and its power in W at one instant."""

    model_config = ConfigDict(frozen=True)

    client: str
    meter: str
    at: TimeMs
    wh: int
    w: int | None


class ExportTable(NamedTuple):
    """Hold an export's rows as JSON objects, and what its CSV shows of each: a heading and a cell."""

    name: str
    lines: Iterable[dict[str, Any]]
    columns: dict[str, Callable[[dict[str, Any]], Any]]


@routes.get("/api/export/messages")
@scoped(Scope.EXPORTS)
@spec.validate(tags=[EXPORTS], resp=answers(ExportedMessage, HTTP_429=Problem))
def export_messages(query: PeriodExportAsk) -> Response:
    """Return all messages and events of a period, as they were stored. For API keys and administrators."""
    _check_right()
    found = app_context().store.exports.entries(query.start, query.end)
    lines = ({"client": client, **jsonlib.loads(line)} for client, line in found)
    columns = {
        **{name: _field(name) for name in ("client", "seq")},
        "time (UTC)": lambda line: _moment(line["at"]),
        **{name: _field(name) for name in ("from", "kind")},
        "words": lambda line: find_words(line["kind"], line),
        **{name: _field(name) for name in ("origin", "edited", "deleted")},
    }
    return _stream(ExportTable("messages", lines, columns), query.format)


@routes.get("/api/export/conversations")
@scoped(Scope.EXPORTS)
@spec.validate(tags=[EXPORTS], resp=answers(ExportedConversation, HTTP_429=Problem))
def export_conversations(query: ExportFormatAsk) -> Response:
    """Return how each conversation stands. For API keys and administrators."""
    _check_right()
    fields = ExportedConversation.model_fields
    lines = (
        {
            **{name: getattr(summary, name) for name in fields if name not in ("seq", "last")},  # with its defaults
            "seq": summary.last.seq if summary.last is not None else 0,
            "last": summary.last.at if summary.last is not None else None,
        }
        for summary in app_context().store.exports.conversations()
    )
    whole = ({name: line[name] for name in fields} for line in lines)
    times = ("waiting", "until", "last")
    columns = {name: _time(name) if name in times else _field(name) for name in fields}
    return _stream(ExportTable("conversations", whole, {**columns, "tags": _list("tags")}), query.format)


@routes.get("/api/export/clients")
@scoped(Scope.EXPORTS)
@spec.validate(tags=[EXPORTS], resp=answers(ExportedClient, HTTP_429=Problem))
def export_clients(query: ExportFormatAsk) -> Response:
    """Return every client and guest with its attributes. For API keys and administrators."""
    _check_right()
    registry = app_context().store.registry
    lines = (
        _client(known, attributes.get(known.id, {}))
        for page in _batched(registry.clients.each(), CLIENTS_AT_ONCE)
        for attributes in [registry.attributes.of_all([known.id for known in page])]
        for known in page
    )
    columns = {name: _field(name) for name in ("client", "name", "lang", "area")}
    columns |= {"meters": _list("meters"), "attributes": lambda line: jsonlib.dumps(line["attributes"])}
    return _stream(ExportTable("clients", lines, columns), query.format)


@routes.get("/api/export/readings")
@scoped(Scope.EXPORTS)
@spec.validate(tags=[EXPORTS], resp=answers(ExportedReading, HTTP_429=Problem))
def export_readings(query: PeriodExportAsk) -> Response:
    """Return the meters' stored readings of a period, meter by meter. For API keys and administrators."""
    _check_right()
    found = app_context().store.exports.readings(query.start, query.end)
    lines = ({"client": client, "meter": one.meter, "at": one.at, "wh": one.wh, "w": one.w} for client, one in found)
    columns = {name: _field(name) for name in ("client", "meter")}
    columns |= {"time (UTC)": lambda line: _moment(line["at"]), "wh": _field("wh"), "w": _field("w")}
    return _stream(ExportTable("readings", lines, columns), query.format)


def _check_right() -> None:
    """Let a key with the scope through, whose creator was an administrator. Raises: NotAllowed for an agent."""
    if auth.asker().key is None:
        auth.administrator()


def _client(known: Client, attributes: dict[str, AttributeValue]) -> dict[str, Any]:
    found = ExportedClient(
        client=known.id,
        name=known.name,
        lang=known.lang,
        area=known.area,
        meters=list(known.meters),
        attributes=attributes,
    )
    return found.model_dump(mode="json")


def _batched(found: Iterable[Client], size: int) -> Iterator[list[Client]]:
    """Yield the clients in lists of that size."""
    rest = iter(found)
    while page := list(islice(rest, size)):
        yield page


def _field(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda line: line.get(name)


def _list(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda line: " ".join(line[name])


def _time(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda line: None if line[name] is None else _moment(line[name])


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


def _stream(table: ExportTable, form: str) -> Response:
    """Return the table in pieces. Raises: TooFast while two exports run."""
    with ExitStack() as turn:
        turn.enter_context(app_context().exporting.turn())
        texts = _csv(table) if form == "csv" else _json_lines(table)
        answer = Response(_pieces(texts), mimetype="text/csv" if form == "csv" else JSON_LINES)
        answer.headers["Content-Disposition"] = f'attachment; filename="wattline-{table.name}.{form}"'
        answer.call_on_close(turn.pop_all().close)
    return answer


def _json_lines(table: ExportTable) -> Iterator[str]:
    for line in table.lines:
        yield f"{jsonlib.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n"


def _csv(table: ExportTable) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    yield "\ufeff"  # tells spreadsheets that it is UTF-8
    writer.writerow(table.columns)
    for line in table.lines:
        writer.writerow([plain_cell(cell(line)) for cell in table.columns.values()])
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _pieces(texts: Iterator[str]) -> Iterator[bytes]:
    piece = bytearray()
    for text in texts:
        piece += text.encode()
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
