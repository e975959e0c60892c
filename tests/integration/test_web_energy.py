"""Devices, areas, alarms' preview and outages over REST."""

from typing import Any

import pytest

from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import Marker, Origin, OutageNotice, Said, SaidKind
from chat_core.domain.firmware import NATIVE_METERS
from chat_core.domain.time_steps import HOUR_MS
from chat_core.store.results import AreaReach
from tests.contract.stores import committed, put, take_in_all
from tests.integration.web_under_test import AdminSession, WebUnderTest, json_of, problem_of
from web.api import alarms, devices, outages


def test_devices_come_and_go(system: WebUnderTest, admin: AdminSession) -> None:
    """
    A device is added with a password that is told once, and removed; one that is in use is not replaced. Without a kind
    it is of the one whose topics it has.
    """
    body = {"id": "d-kitchen", "client": "c-42", "topics": ["shelly/status"]}
    system.store.registry.ensure_client("c-42", name="Maria Pop")
    added = admin.send("POST", "/api/devices", body)
    assert added.status_code == 201 and added.json is not None and len(added.json["password"]) == 24
    problem_of(admin.send("POST", "/api/devices", body), 409, "exists")
    shown = {"id": "d-kitchen", "client": "c-42", "topics": ["shelly/status"], "kind": None}
    listed = {"now": system.clock.ms, "devices": [{**shown, "name": "Maria Pop", "heard": None}], "next": None}
    assert admin.get("/api/devices?client=c-42") == listed == admin.get("/api/devices")
    assert admin.get("/api/clients/c-42")["devices"] == [shown]
    tasmota = {"id": "d-heat", "client": "c-42", "topics": ["tele/heat/SENSOR"]}
    assert admin.send("POST", "/api/devices", tasmota).status_code == 201
    assert admin.get("/api/clients/c-42")["devices"] == [{**tasmota, "kind": "tasmota"}, shown]
    assert admin.send("POST", "/api/devices/d-heat/remove", {}).status_code == 200
    problem_of(
        admin.send("POST", "/api/devices", {**body, "id": "d-2", "topics": ["support/c-1/msg"]}), 400, "bad_topic"
    )
    assert admin.send("POST", "/api/devices/d-kitchen/remove", {}).json == {"removed": "d-kitchen"}
    problem_of(admin.send("POST", "/api/devices/d-kitchen/remove", {}), 404, "not_found")
    assert admin.get("/api/devices")["devices"] == []
    assert set(system.changes()) == {ChangeKind.DEVICES}


def test_a_devices_own_topics_are_read_as_a_meters(system: WebUnderTest, admin: AdminSession) -> None:
    """`meter` maps a device's own topics until its removal; an inconsistent mapping is refused."""
    native = system.store.registry
    body = {"id": "d-esp", "client": "c-42", "topics": ["tele/a/SENSOR", "esp/a/state"]}
    mapped = {**body, "meter": "m-main", "forms": {"esp/a/state": "kwh"}}
    wanted = {"d-esp": {"meter": "m-main", "forms": {"tele/a/SENSOR": "json", "esp/a/state": "kwh"}}}
    for wrong in (
        {**body, "forms": {"esp/a/state": "kwh"}},
        {**mapped, "forms": {"esp/b/state": "kwh"}},
        {**mapped, "forms": {"esp/a/state": "mwh"}},
        {**mapped, "meter": "M 1"},
    ):
        assert admin.send("POST", "/api/devices", wrong).status_code == 422
    assert admin.send("POST", "/api/devices", mapped).status_code == 201
    assert native.settings.get(NATIVE_METERS) == wanted
    assert admin.send("POST", "/api/devices/d-esp/remove", {}).status_code == 200
    assert native.settings.get(NATIVE_METERS) == {}
    assert admin.send("POST", "/api/devices", body).status_code == 201
    assert native.settings.get(NATIVE_METERS) == {}


def test_power_back(system: WebUnderTest) -> None:
    """A client asks, during an outage in its area, to be told of its end, and may withdraw; others may not for it."""
    system.store.registry.ensure_client("c-42", area="mill-street")
    address, bearer = "/api/clients/c-42/power-back", system.bearer("c-42")
    problem_of(system.browser().put(address, json={"on": True}, headers=bearer), 409, "no_outage")
    with system.store.begin() as tx:
        tx.put_notice("mill-street", OutageNotice(id="n-1", text={"en": "Cable damaged."}), 1)
        tx.commit()
    for on in (True, False):
        assert system.browser().put(address, json={"on": on}, headers=bearer).json == {"on": on}
        assert system.browser().get(address, headers=bearer).json == {"on": on}
        waits = system.store.registry.power_waits.over([], 9)
        assert [wait.since for wait in waits] == ([1] if on else [])
    other = system.browser().put(address, json={"on": True}, headers=system.bearer("c-43"))
    problem_of(other, 403, "not_allowed")
    with committed(system.store) as tx:
        tx.put_notice("mill-street", OutageNotice(id="n-2", text=None), 2)
    problem_of(system.browser().put(address, json={"on": True}, headers=bearer), 409, "no_outage")
    asked = [system.browser().put(address, json={"on": False}, headers=bearer).status_code for _ in range(10)]
    assert asked[-1] == 429  # as often as a new name


def test_areas(system: WebUnderTest) -> None:
    """The desk sees each area's clients who are let in, their devices, and its silent meters."""
    registry = system.store.registry
    for client, area in (("c-1", "north"), ("c-2", "north"), ("c-3", "south"), ("c-4", None)):
        registry.ensure_client(client, area=area)
    registry.devices.add("d-1", "c-1", [], {})
    with committed(system.store) as tx:
        tx.put_silent({"north": 3, "south": 0})
    asked = system.browser()
    north = {"area": "north", "clients": 2, "displays": 1, "silent": 3}
    shown = asked.get("/api/areas", headers=system.bearer("a-ana")).json
    assert shown == {"areas": [north, {"area": "south", "clients": 1, "displays": 0, "silent": 0}]}
    registry.forget_client("c-3")
    left = asked.get("/api/areas", headers=system.bearer("a-ana")).json
    assert left == {"areas": [north]}


def test_a_preview_counts_what_alarms_would_have_told(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Thresholds that are not saved are applied to the stored hours that are over and to pauses, by kind, with a day as an
    example, to as many meters as time allows.
    """
    now = system.clock.ms = system.clock.ms // HOUR_MS * HOUR_MS + 600_000
    system.store.registry.ensure_client("c-42", name="Maria")
    with committed(system.store) as tx:
        wh = 0
        for hour in range(40 * 24, -1, -1):
            if 30 <= hour < 36:
                continue  # six hours without a reading
            tx.add_reading("c-42", "m-1", now - 600_000 - hour * HOUR_MS, wh, None)
            wh += 4_000 if hour in (60, 61) else 400
        tx.add_reading("c-42", "m-1", now, wh + 8_000, None)
    admin = AdminSession(system.agent("a-ana", admin=True))

    def preview(**value: object) -> dict[str, Any]:
        return json_of(admin.send("POST", "/api/alarms/preview", {"value": value}))

    found = preview(silent_minutes=180)
    assert (found["meters"], found["examined"], found["clients"]) == (1, 1, 1)
    assert found["kinds"] == {
        "usual": {"alarms": 1, "clients": 1},
        "limit": {"alarms": 0, "clients": 0},
        "silent": {"alarms": 1, "clients": 1},
        "tamper": {"alarms": 0, "clients": 0},
    }
    (example,) = found["examples"]
    assert (example["name"], example["kind"], sum(hour["unusual"] for hour in example["hours"])) == (
        "Maria",
        "usual",
        2,
    )
    hour = now - 600_000 - 61 * HOUR_MS
    use = {"kind": "usual", "at": hour, "to": hour + 2 * HOUR_MS, "wh": 8_000}
    silent_at, silent_to = now - 600_000 - 36 * HOUR_MS, now - 600_000 - 29 * HOUR_MS
    silence = {"kind": "silent", "at": silent_at, "to": silent_to, "wh": None}
    whose = {"client": "c-42", "name": "Maria", "meter": "m-1"}
    assert found["newest"] == [{**whose, **silence}, {**whose, **use}]
    assert preview(at_least_wh=4_000)["kinds"]["usual"]["alarms"] == 0
    assert preview(limit_wh=3_999)["kinds"]["limit"]["alarms"] == 1
    assert preview(silent_minutes=600)["kinds"]["silent"]["alarms"] == 0
    assert preview(limits={"c-42": 3_999})["kinds"]["limit"]["alarms"] == 1
    with committed(system.store) as tx:
        tx.alarms.put_opened("c-42", "m-1", now - HOUR_MS)
    assert preview()["kinds"]["tamper"] == {"alarms": 1, "clients": 1}
    switched_off = preview(silent=False, tamper=False)["kinds"]
    assert [switched_off[kind]["alarms"] for kind in ("usual", "silent", "tamper")] == [1, 0, 0]
    monkeypatch.setattr(alarms, "BUDGET_S", -1.0)
    late = preview()
    assert (late["meters"], late["examined"], late["clients"]) == (1, 0, 0)


def test_a_preview_shows_days_of_25_and_23_hours(system: WebUnderTest) -> None:
    """The day of an example has all of its hours, and none of the next day, when clocks change in Bucharest."""
    admin = AdminSession(system.agent("a-ana", admin=True))
    for meter, day, hours in (("m-1", 1_792_875_600_000, 25), ("m-2", 1_774_735_200_000, 23)):
        system.store.registry.ensure_client(f"c-{meter}")
        with committed(system.store) as tx:
            for hour in range(32):
                wh = 400 * hour + (4_000 if hour > 12 else 0)
                tx.add_reading(f"c-{meter}", meter, day + hour * HOUR_MS, wh, None)
        system.clock.ms = day + 48 * HOUR_MS
        found = json_of(admin.send("POST", "/api/alarms/preview", {"value": {"limit_wh": 4_000}}))
        (example,) = [one for one in found["examples"] if one["meter"] == meter]
        assert (len(example["hours"]), example["hours"][0]["at"]) == (hours, day)


def test_a_device_of_a_kind(system: WebUnderTest, admin: AdminSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A kind's own topics are read as its meter, the answer has what to flash, titled with the client's name, and the
    first reading is heard; of a display the last call is, answered or not. A client's devices are told without a limit.
    """
    system.store.registry.ensure_client("c-42", name="Maria Pop")
    asked = {"id": "d-em", "client": "c-42", "kind": "shelly"}
    added = json_of(admin.send("POST", "/api/devices", asked))
    assert "em/status/em:0" in added["topics"] and "MQTT prefix: em" in added["flash"]
    assert "Shelly of Maria Pop" in added["flash"]
    assert added["password"] in added["flash"]
    (part,) = added["parts"]
    entered = {field["label"]: field["value"] for field in part["fields"]}
    assert (part["name"], entered["MQTT prefix"], entered["Password"]) == ("shelly", "em", added["password"])
    assert added["certificate"] is None
    native = system.store.registry.settings.get(NATIVE_METERS, {})["d-em"]
    assert native["meter"] == "m-em" and set(native["forms"]) == set(added["topics"])
    silent = admin.get("/api/devices/d-em/heard")
    assert silent["at"] is None and silent["now"] == system.clock.ms
    with committed(system.store) as tx:
        tx.add_reading("c-42", "m-other", system.clock.ms, 5, 1)
        tx.add_reading("c-42", "m-em", system.clock.ms - 3_000, 71_700, 250)
    heard = admin.get("/api/devices/d-em/heard")
    assert (heard["at"], heard["wh"], heard["w"]) == (system.clock.ms - 3_000, 71_700, 250)
    later = admin.get(f"/api/devices/d-em/heard?since={system.clock.ms - 3_000}")
    assert (later["at"], later["wh"], later["w"]) == (None, None, None)
    json_of(admin.send("POST", "/api/devices", {"id": "d-hall", "client": "c-42", "kind": "esphome"}))
    assert admin.get("/api/devices/d-hall/heard")["at"] is None
    call = Said(id="call-1", kind=SaidKind.TEXT, text="Call me", sent=1, origin=Origin.CALL)
    with committed(system.store) as tx:
        tx.append("c-42", "c-42", call, system.clock.ms - 2_000)
        tx.append("c-42", "a-ana", Said(id="m-1", kind=SaidKind.TEXT, text="We call you", sent=1), system.clock.ms)
    assert admin.get("/api/devices/d-hall/heard")["at"] == system.clock.ms - 2_000
    assert admin.get(f"/api/devices/d-hall/heard?since={system.clock.ms - 2_000}")["at"] is None
    listed = [(one["id"], one["kind"], one["heard"]) for one in admin.get("/api/devices")["devices"]]
    reading, call_at = system.clock.ms - 3_000, system.clock.ms - 2_000
    assert listed == [("d-em", "shelly", reading), ("d-hall", "esphome", call_at)]
    json_of(admin.send("POST", "/api/devices", {"id": "d-new", "client": "c-42", "kind": "p1"}))
    assert admin.get("/api/devices/d-new/heard")["at"] is None
    monkeypatch.setattr(devices, "PAGE", 2)
    (after,) = admin.get("/api/devices?after=d-hall")["devices"]
    assert (after["id"], after["heard"]) == ("d-new", None)
    assert [one["id"] for one in admin.get("/api/clients/c-42")["devices"]] == ["d-em", "d-hall", "d-new"]
    json_of(admin.send("POST", "/api/devices/d-hall/remove", {}))
    problem_of(system.get("/api/devices/d-hall/heard", "a-ana"), 404, "not_found")
    problem_of(system.get("/api/devices/d-none/heard", "a-ana"), 404, "not_found")
    problem_of(admin.send("POST", "/api/devices", {**asked, "kind": "toaster"}), 422, "bad_request")


def test_an_incident_says_whom_it_reached(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Areas of one notice are one incident, also with another text: its clients, who asked, was answered, waits. Who
    waited before it was published has not asked about it, and counts as answered once a person answers. Reached is who
    is connected or got a message since, also after the end, as it was counted before. It ends with its last area; who
    asks later does not count.
    """
    for client, area in (("c-42", "north"), ("c-43", "south"), ("c-44", "east")):
        system.store.registry.ensure_client(client, area=area)
    system.say("c-43", "a minute before")
    system.clock.ms += 60_000
    with committed(system.store) as tx:
        for id in ("n-1", "n-2"):
            for area in ("north", "south"):
                now = system.clock.ms
                notice = OutageNotice(id=id, text={"en": id}, until=now + 1, began=now - 9, ends=now + 7)
                tx.put_notice(area, notice, now)
    system.say("c-42", "no power")
    system.say("c-44", "elsewhere")
    with committed(system.store) as tx:
        for client, area in (("c-42", "north"), ("c-43", "south"), ("c-44", "east")):
            put(tx, client, area=area, waiting=system.clock.ms)  # as the bridge does
    take_in_all(system.store)
    (found,) = json_of(system.get("/api/outages/incidents", "a-ana"))["incidents"]
    assert (found["id"], found["areas"], found["clients"], found["ended"]) == ("n-1", ["north", "south"], 2, None)
    assert found["text"] == {"en": "n-2"}
    assert [found[time] - system.clock.ms for time in ("since", "until", "began", "ends")] == [0, 1, -9, 7]
    shown = json_of(system.get("/api/outages/incidents/n-1", "a-ana"))
    assert (shown["asked"], shown["answered"], shown["waiting"], shown["incident"]["reached"]) == (1, 0, 1, 0)
    assert [one["client"] for one in shown["who"]] == ["c-42"]
    assert shown["told"] == 2  # who asked before the notice is told of the end too
    with committed(system.store) as tx:
        tx.move_marker("c-43", "c-43", Marker(delivered=1, read=0))  # what was stored before the notice
        put(tx, "c-42", area="north", online=True)
        put(tx, "c-44", area="east", online=True)
    assert json_of(system.get("/api/outages/incidents/n-1", "a-ana"))["incident"]["reached"] == 1
    with committed(system.store) as tx:
        answer = Said(id="m-1", kind=SaidKind.TEXT, text="The crew is there.", sent=1)
        tx.append("c-43", "a-ana", answer, system.clock.ms)
        tx.move_marker("c-43", "c-43", Marker(delivered=2, read=0))
    take_in_all(system.store)
    shown = json_of(system.get("/api/outages/incidents/n-1", "a-ana"))
    assert (shown["asked"], shown["answered"]) == (1, 1)
    (found,) = json_of(system.get("/api/outages/incidents", "a-ana"))["incidents"]
    assert (found["reached"], shown["incident"]["reached"]) == (None, 2)  # the bridge has not counted yet
    with committed(system.store) as tx:
        for area in ("north", "south"):
            tx.note_reach(area, system.clock.ms, AreaReach(clients=5, reached=1, displays=3))
        tx.put_notice("north", OutageNotice(id="n-3", text=None), system.clock.ms + 1)
    (found,) = json_of(system.get("/api/outages/incidents", "a-ana"))["incidents"]
    assert (found["ended"], found["reached"], found["clients"]) == (None, 2, 6)
    with committed(system.store) as tx:
        tx.put_notice("south", OutageNotice(id="n-3", text=None), system.clock.ms + 2)
    system.clock.ms += 60_000
    system.say("c-43", "after it was over")
    take_in_all(system.store)
    monkeypatch.setattr(outages, "LISTED_AT_MOST", 0)
    over = json_of(system.get("/api/outages/incidents/n-1", "a-ana"))
    kept = over["incident"]
    assert (kept["ended"], kept["reached"], kept["clients"], kept["displays"]) == (system.clock.ms - 59_998, 2, 10, 6)
    assert (over["asked"], over["answered"], over["told"], over["who"]) == (1, 1, 2, [])
    problem_of(system.get("/api/outages/incidents/n-9", "a-ana"), 404, "not_found")
