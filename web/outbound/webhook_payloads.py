"""Describe and make the JSON that webhooks carry (docs/webhooks.md#events)."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from chat_core.contract.fields import ClientId, MessageId, Name, TimeMs, Translated
from chat_core.contract.outside import Outside
from chat_core.contract.payloads import Entry, encode
from chat_core.domain.outage_text import with_expected_end
from chat_core.store import Store
from chat_core.store.deliveries import Delivery
from chat_core.store.rows import compact
from web.outbound.channel import entry_of

TEST: Final = "webhook.test"
EntryEventName = Literal[
    "conversation.opened",
    "message.created",
    "conversation.assigned",
    "conversation.resolved",
    "conversation.rated",
    "alarm.raised",
]


class PayloadPart(BaseModel):
    """Describe a JSON object; receivers ignore fields that they do not know."""

    model_config = ConfigDict(title=None)


class EntryData(PayloadPart):
    """Hold the entry of the client's log, as it is when it is sent."""

    client: ClientId
    entry: Entry


class IncidentData(PayloadPart):
    """Hold an area's outage, as it is when it is sent. Areas with one `incident` belong together."""

    area: Name
    incident: MessageId
    text: Translated
    since: TimeMs
    until: TimeMs | None = Field(description="when power is expected back")
    began: TimeMs | None = Field(description="when power went; null: nobody said")
    ends: TimeMs | None = Field(description="when the notice ends by itself; null: when a person ends it")
    ended: TimeMs | None


class CreatedData(PayloadPart):
    """Hold a client whom the portal or an administrator made known."""

    client: ClientId
    name: str | None
    lang: str | None
    area: str | None


class TestData(PayloadPart):
    """Name the webhook that is tested."""

    webhook: str


_Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="when it happened")]


class EntryEvent(PayloadPart):
    """Tell an entry of a conversation."""

    type: EntryEventName
    timestamp: _Timestamp
    data: EntryData


class IncidentEvent(PayloadPart):
    """Tell that an area's outage notice was published, changed or ended."""

    type: Literal["incident.changed"]
    timestamp: _Timestamp
    data: IncidentData


class CreatedEvent(PayloadPart):
    """Tell a new client; guests are told by their first words."""

    type: Literal["client.created"]
    timestamp: _Timestamp
    data: CreatedData


class TestEvent(PayloadPart):
    """Answer the button "Send a test event"."""

    type: Literal["webhook.test"]
    timestamp: _Timestamp
    data: TestData


PAYLOAD: Final[TypeAdapter[Any]] = TypeAdapter(
    Annotated[EntryEvent | IncidentEvent | CreatedEvent | TestEvent, Field(discriminator="type")]
)


def schema() -> dict[str, Any]:
    """Return the JSON schema of all payloads. Later versions may add fields."""
    found = PAYLOAD.json_schema(by_alias=True)
    for part in found["$defs"].values():
        part.pop("additionalProperties", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Wattline's webhooks", **found}


def body_of(store: Store, delivery: Delivery) -> bytes | None:
    """Return the delivery's JSON; None where what it tells is gone."""
    data = _DATA.get(delivery.event, _entry)(store, delivery)
    if data is None:
        return None
    at = datetime.fromtimestamp(delivery.at / 1000, UTC).isoformat(timespec="milliseconds")
    told = {"type": delivery.event, "timestamp": at.replace("+00:00", "Z"), "data": data}
    return compact(told).encode()


_Data = Mapping[str, Any] | None


def _entry(store: Store, delivery: Delivery) -> _Data:
    entry = entry_of(store, delivery)
    return None if entry is None else {"client": delivery.client, "entry": json.loads(encode(entry))}


def _incident(store: Store, delivery: Delivery) -> _Data:
    found = store.notices.of_area(delivery.facts["area"])
    if found is None:
        return None
    return {
        "area": found.area,
        "incident": found.incident,
        "text": with_expected_end(found.text, found.until, ZoneInfo(store.tz)),
        "since": found.since,
        "until": found.until,
        "began": found.began,
        "ends": found.ends,
        "ended": found.ended_at,
    }


def _created(store: Store, delivery: Delivery) -> _Data:
    found = store.registry.find_client(delivery.client or "")
    if found is None:
        return None
    return {"client": found.id, "name": found.name, "lang": found.lang, "area": found.area}


def _test(_store: Store, delivery: Delivery) -> _Data:
    return {"webhook": delivery.destination.partition("/")[2]}


_DATA: Final[Mapping[str, Callable[[Store, Delivery], _Data]]] = {
    Outside.INCIDENT: _incident,
    Outside.CLIENT: _created,
    TEST: _test,
}
