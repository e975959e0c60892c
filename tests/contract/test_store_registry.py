"""Credentials, settings and changes, on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import BadId, NotAllowed, NotFound
from chat_core.store import Registry
from chat_core.store.results import Client, Credential, Device, Listener, PowerWait
from tests.contract.stores import AGENT, CLIENT, T0, StoreUnderTest, opened

DAY_MS = 86_400_000


@pytest.fixture
def registry(place: StoreUnderTest) -> Iterator[Registry]:
    with opened(place) as store:
        yield store.registry


# Agents


def test_an_agent(registry: Registry) -> None:
    """An agent is found as added; adding again changes name and rank and keeps the password."""
    added = registry.add_agent(AGENT, "Ana", password_hash="h1")
    assert registry.find_agent(AGENT) == added and (added.name, added.admin, added.disabled) == (
        "Ana",
        False,
        False,
    )
    again = registry.add_agent(AGENT, "Ana Pop", admin=True)
    assert (again.name, again.admin, again.password_hash) == ("Ana Pop", True, "h1")
    assert registry.list_agents() == [again] and registry.find_agent("a-radu") is None
    assert registry.names([AGENT, "a-radu"]) == {AGENT: "Ana Pop"}


def test_search_of_clients(registry: Registry) -> None:
    """The portal's clients are found by a part of name or id; accents and case do not count. Guests are not."""
    for id, name in (
        ("c-1", "Elena Lazăr"),
        ("c-2", "Ion Bălan"),
        ("c-lazar", None),
        ("g-1", "Lazar"),
    ):
        registry.ensure_client(id, name=name, area="hill")
    found = registry.clients.search("LAZAR", 10)
    assert {(one.id, one.name) for one in found} == {("c-1", "Elena Lazăr"), ("c-lazar", None)}
    assert [one.id for one in registry.clients.search("bălan", 10)] == ["c-2"]
    assert registry.clients.search("%", 10) == [] and registry.clients.search("_", 10) == []
    assert len(registry.clients.search("c-", 2)) == 2
    registry.ensure_client("c-3", name="Jörg Großmann")
    assert [one.id for one in registry.clients.search("Großmann", 10)] == ["c-3"]
    assert [one.id for one in registry.clients.search("jorg gross", 10)] == ["c-3"]
    assert registry.clients.search(" ", 10) == []


def test_search_among_many_clients(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is found behind 300 others, page by page, and equal names are no obstacle."""
    monkeypatch.setattr("chat_core.store.client_lists.CHECKED_ROWS", 40)
    for number in range(300):
        registry.ensure_client(f"c-{number:03}", name=None if number < 50 else "Ana" if number < 150 else "Elena")
    registry.ensure_client("c-tina", name="Țîna")
    assert [one.id for one in registry.clients.search("Tina", 20)] == ["c-tina"]
    assert [one.id for one in registry.clients.search("elena", 150)] == [f"c-{number}" for number in range(150, 300)]


def test_an_agents_id(registry: Registry) -> None:
    """Only an agent's id makes an agent."""
    with pytest.raises(BadId):
        registry.add_agent(CLIENT, "Maria")


def test_a_disabled_agent(registry: Registry) -> None:
    """A disabled agent has no generation and no links; enabled again, old credentials stay worthless."""
    registry.add_agent(AGENT, "Ana")
    link = registry.make_setup_link(AGENT, T0)
    assert registry.generation(AGENT) == 0
    registry.disable_agent(AGENT)
    found = registry.find_agent(AGENT)
    assert found is not None and found.disabled and registry.generation(AGENT) is None
    assert registry.take_setup_link(link, T0) is None
    registry.add_agent(AGENT, "Ana")
    assert registry.generation(AGENT) == 1
    with pytest.raises(NotFound):
        registry.disable_agent("a-radu")


def test_a_new_password(registry: Registry) -> None:
    """A new password ends the credentials made before it."""
    registry.add_agent(AGENT, "Ana")
    registry.set_agent_password(AGENT, "h2")
    found = registry.find_agent(AGENT)
    assert found is not None and found.password_hash == "h2" and registry.generation(AGENT) == 1
    with pytest.raises(NotFound):
        registry.set_agent_password("a-radu", "h")


def test_a_setup_link(registry: Registry) -> None:
    """A setup link is good once, until it expires, and looking at it does not use it up."""
    registry.add_agent(AGENT, "Ana")
    link = registry.make_setup_link(AGENT, T0, ttl_s=60)
    assert registry.peek_setup_link(link, T0 + 59_999) == AGENT
    assert registry.peek_setup_link(link, T0 + 60_000) is None
    assert registry.take_setup_link(link, T0) == AGENT
    assert registry.take_setup_link(link, T0) is None
    late = registry.make_setup_link(AGENT, T0, ttl_s=60)
    assert registry.take_setup_link(late, T0 + 60_000) is None
    assert registry.take_setup_link("made up", T0) is None
    with pytest.raises(NotFound):
        registry.make_setup_link("a-radu", T0)


def test_one_link_an_agent(registry: Registry) -> None:
    """A newer setup link voids the older one of the same agent, and nobody else's."""
    for agent in (AGENT, "a-radu"):
        registry.add_agent(agent, "Ana")
    older, others = registry.make_setup_link(AGENT, T0), registry.make_setup_link("a-radu", T0)
    newer = registry.make_setup_link(AGENT, T0)
    assert [registry.peek_setup_link(link, T0) for link in (older, newer, others)] == [None, AGENT, "a-radu"]


@pytest.mark.parametrize("way", ["set", "add"])
def test_a_password_voids_the_link(registry: Registry, way: str) -> None:
    """A new password voids the setup link made before it; another name or rank does not."""
    registry.add_agent(AGENT, "Ana")
    link = registry.make_setup_link(AGENT, T0)
    registry.add_agent(AGENT, "Ana Pop", admin=True)
    assert registry.peek_setup_link(link, T0) == AGENT
    if way == "set":
        registry.set_agent_password(AGENT, "h")
    else:
        registry.add_agent(AGENT, "Ana", password_hash="h")
    assert registry.peek_setup_link(link, T0) is None


@pytest.mark.parametrize("way", ["set", "add", "raise", "disable"])
def test_what_ends_all_sign_ins(registry: Registry, way: str) -> None:
    """A new password, however set, a sign-out everywhere and a disabled account end sign-ins and credentials."""
    registry.add_agent(AGENT, "Ana", password_hash="h1")
    before = registry.generation(AGENT)
    sign_ins, version = [registry.sign_ins.begin(AGENT, T0 + n) for n in range(3)], registry.version()
    assert [registry.generation(AGENT, one) for one in sign_ins] == [before] * 3
    ends = {
        "set": lambda: registry.set_agent_password(AGENT, "h2"),
        "add": lambda: registry.add_agent(AGENT, "Ana", password_hash="h2"),
        "raise": lambda: registry.raise_generation(AGENT),
        "disable": lambda: registry.disable_agent(AGENT),
    }
    ends[way]()
    assert [registry.generation(AGENT, one) for one in sign_ins] == [None] * 3
    assert registry.generation(AGENT) != before and registry.version() > version


def test_a_better_hash_ends_nothing(registry: Registry) -> None:
    """The same password kept by another hash signs nobody out, and never undoes a password set meanwhile."""
    registry.add_agent(AGENT, "Ana", password_hash="h1")
    sign_in, before = registry.sign_ins.begin(AGENT, T0), registry.generation(AGENT)
    registry.rehash_agent_password(AGENT, "h1", "h2")
    registry.rehash_agent_password(AGENT, "h1", "h3")
    found = registry.find_agent(AGENT)
    assert found is not None and found.password_hash == "h2"
    assert registry.generation(AGENT, sign_in) == registry.generation(AGENT) == before


def test_one_sign_in_ends(registry: Registry) -> None:
    """A sign-out ends that sign-in alone, is seen by brokers, and numbers a password that belongs to the id."""
    registry.add_agent(AGENT, "Ana")
    first, second = registry.sign_ins.begin(AGENT, T0), registry.sign_ins.begin(AGENT, T0)
    before, version = registry.all_credentials(T0), registry.version()
    registry.sign_ins.end(first)
    assert (registry.generation(AGENT, first), registry.generation(AGENT, second)) == (None, 0)
    assert registry.version() > version and registry.generation(AGENT) == 0
    assert [(one.generation, one.sign_outs) for one in (*before, *registry.all_credentials(T0))] == [(0, 0), (0, 1)]
    assert (registry.sign_ins.count_ended(AGENT), registry.sign_ins.count_ended("a-radu")) == (1, 0)
    version = registry.version()
    registry.sign_ins.end(first)
    assert registry.version() == version
    with pytest.raises(NotFound):
        registry.sign_ins.begin("a-radu", T0)


def test_bounded_sign_ins(registry: Registry) -> None:
    """An agent has 32 sign-ins at most; a further one ends the oldest."""
    registry.add_agent(AGENT, "Ana")
    made = [registry.sign_ins.begin(AGENT, T0 + n) for n in range(34)]
    assert [registry.generation(AGENT, one) for one in made] == [None] * 2 + [0] * 32
    assert registry.sign_ins.count_ended(AGENT) == 2


def test_a_listener(registry: Registry) -> None:
    """A listener is known with whom it may hear until its time is over; then nothing of it is left."""
    registry.ensure_client(CLIENT)
    one = registry.listeners.add(CLIENT, T0 + 60_000, T0)
    every = registry.listeners.add(None, T0 + 120_000, T0)
    told = lambda now: {it.id: it.client for it in registry.all_credentials(now) if it.id[0] == "l"}  # noqa: E731
    assert told(T0 + 59_999) == {one: CLIENT, every: None} and told(T0 + 60_000) == {every: None}
    version = registry.version()
    registry.listeners.end_due(T0 + 59_999)
    assert registry.version() == version and registry.generation(one) == 0
    registry.listeners.end_due(T0 + 60_000)
    assert registry.version() > version
    assert (registry.generation(one), registry.listeners.find(one)) == (None, None)
    assert registry.listeners.find(every) == Listener(every, None, T0 + 120_000)
    registry.listeners.end_all()
    assert registry.generation(every) is None and told(T0) == {}
    with pytest.raises(BadId):
        registry.listeners.add(AGENT, T0 + 1, T0)


def test_one_taker_of_a_link(registry: Registry) -> None:
    """Of several who take one link at once, one gets it."""
    registry.add_agent(AGENT, "Ana")
    link = registry.make_setup_link(AGENT, T0)
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: registry.take_setup_link(link, T0), range(4)))
    assert sorted(str(agent) for agent in taken) == ["None", "None", "None", AGENT]


# Clients and guests


def test_a_client(registry: Registry) -> None:
    """A client is as the portal told last; what it did not tell stays."""
    registry.ensure_client(CLIENT, name="Maria Pop", lang="ro", area="north", meters=["m-1", "m-2"], was="g-1")
    registry.ensure_client(CLIENT, area="south")
    client = Client(CLIENT, "Maria Pop", "ro", "south", ("m-1", "m-2"), "g-1", False)
    assert registry.find_client(CLIENT) == registry.ensure_client(CLIENT) == client
    assert registry.find_client("c-7") is None
    assert registry.ensure_client("c-7").name is None


def test_a_disabled_client(registry: Registry) -> None:
    """A disabled client stays disabled when the portal names it again."""
    registry.ensure_client(CLIENT)
    registry.disable(CLIENT)
    assert registry.ensure_client(CLIENT, name="Maria").disabled
    assert registry.generation(CLIENT) is None


def test_guests_made_ahead(registry: Registry) -> None:
    """A new guest is one made ahead, so that brokers know it already; nobody gets the same one twice."""
    assert registry.fill_guest_pool(150, T0) == 150
    assert registry.fill_guest_pool(150, T0) == 0
    known = {credential.id for credential in registry.all_credentials(T0)}
    version = registry.version()
    with ThreadPoolExecutor(4) as pool:
        guests = list(pool.map(lambda _: registry.new_guest(T0), range(40)))
    assert len(set(guests)) == 40 and set(guests) <= known and registry.version() == version
    assert registry.find_client(guests[0]) is not None and registry.generation(guests[0]) == 0
    assert registry.fill_guest_pool(150, T0) == 40


def test_a_guest_without_a_pool(registry: Registry) -> None:
    """An empty pool makes a guest at once."""
    version = registry.version()
    guest = registry.new_guest(T0)
    assert registry.generation(guest) == 0 and registry.version() > version


def test_silent_guests(registry: Registry) -> None:
    """A guest silent for 30 days leaves the brokers' files, and is back when seen again; others never leave."""
    guest = registry.new_guest(T0)
    registry.ensure_client(CLIENT, now_ms=T0)
    listed = lambda now: [credential.id for credential in registry.all_credentials(now)]  # noqa: E731
    assert listed(T0 + 29 * DAY_MS) == [CLIENT, guest]
    assert listed(T0 + 31 * DAY_MS) == [CLIENT]
    version = registry.version()
    registry.touch(guest, T0 + 31 * DAY_MS)
    assert listed(T0 + 31 * DAY_MS) == [CLIENT, guest] and registry.version() > version


def test_touching(registry: Registry) -> None:
    """Being seen is written at most once an hour, and changes no credential."""
    guest = registry.new_guest(T0)
    version = registry.version()
    registry.touch(guest, T0 + 60_000)
    registry.touch(guest, T0 + DAY_MS)
    registry.touch("g-nobody", T0)
    assert registry.version() == version
    assert [credential.id for credential in registry.all_credentials(T0 + 31 * DAY_MS - 1)] == [guest]


# Credentials


def test_generations(registry: Registry) -> None:
    """A raised generation is the one that is good; somebody unknown has none."""
    registry.ensure_identity("s-bridge", T0)
    registry.ensure_identity("s-bridge", T0)
    assert registry.generation("s-bridge") == 0 and registry.generation("s-other") is None
    assert registry.raise_generation("s-bridge") == 1 == registry.generation("s-bridge")
    with pytest.raises(NotFound):
        registry.raise_generation("s-other")
    with pytest.raises(BadId):
        registry.ensure_identity("bridge", T0)


def test_the_version(registry: Registry) -> None:
    """The version rises with every change of who may connect, and with nothing else."""
    changes = [
        lambda: registry.add_agent(AGENT, "Ana"),
        lambda: registry.set_agent_password(AGENT, "h"),
        lambda: registry.ensure_client(CLIENT),
        lambda: registry.devices.add("d-1", CLIENT, [], {"sha256": "x"}),
        lambda: registry.devices.add("d-1", CLIENT, [], {"sha256": "y"}),
        lambda: registry.devices.remove("d-1"),
        lambda: registry.disable_agent(AGENT),
        lambda: registry.add_agent(AGENT, "Ana"),
        lambda: registry.ensure_identity("b-rules", T0),
        lambda: registry.raise_generation("b-rules"),
        lambda: registry.fill_guest_pool(3, T0),
    ]
    version = registry.version()
    for n, change in enumerate(changes):
        change()
        assert registry.version() > version, n
        version = registry.version()
    registry.ensure_client(CLIENT, name="Maria")
    registry.ensure_identity("b-rules", T0)
    registry.settings.put("hours", {})
    registry.changes.announce(ChangeKind.SETTINGS, {}, T0)
    assert registry.version() == version


def test_a_device(registry: Registry) -> None:
    """A device is found as added; added again, its new password alone is good."""
    device = Device("d-1", CLIENT, ("tele/+/SENSOR",), {"sha256": "x", "mosquitto": "y"}, False, "tasmota")
    hashes = device.password_hashes
    added = registry.devices.add("d-1", CLIENT, ["tele/+/SENSOR"], hashes, kind="tasmota")
    assert added == device == registry.devices.find("d-1")
    assert registry.devices.all() == registry.devices.of(CLIENT) == [device] and registry.devices.of("c-7") == []
    assert registry.generation("d-1") == 0
    registry.devices.add("d-1", "c-7", [], {"sha256": "z"})
    found = registry.devices.find("d-1")
    assert found is not None and found.password_hashes == {"sha256": "z"} and found.client == "c-7"
    assert registry.generation("d-1") == 1


def test_a_removed_device(registry: Registry) -> None:
    """A removed device is gone; if its id comes back, credentials of before are worth nothing."""
    registry.devices.add("d-1", CLIENT, [], {"sha256": "x"})
    registry.devices.remove("d-1")
    assert registry.devices.find("d-1") is None and registry.generation("d-1") is None
    assert registry.all_credentials(T0) == []
    with pytest.raises(NotFound):
        registry.devices.remove("d-1")
    registry.devices.add("d-1", CLIENT, [], {"sha256": "x"})
    assert (registry.generation("d-1") or 0) > 0


def test_pages_of_devices(registry: Registry) -> None:
    """Devices in use come page by page in order of their ids, of all clients or of one; removed ones take no place."""
    for n, client in enumerate((CLIENT, "c-7", CLIENT, CLIENT)):
        registry.devices.add(f"d-{n}", client, [], {})
    registry.devices.remove("d-2")
    page = lambda *asked: [one.id for one in registry.devices.page(*asked)]  # noqa: E731
    assert page(None, "", 2) == ["d-0", "d-1"] and page(None, "d-1", 2) == ["d-3"]
    assert page(CLIENT, "", 2) == ["d-0", "d-3"]


def test_clients_with_devices_in_an_area(registry: Registry) -> None:
    """An area's clients with a device are listed, each once."""
    for client, area, devices in (("c-1", "north", 2), ("c-2", "north", 0), ("c-3", "south", 1), ("c-4", None, 1)):
        registry.ensure_client(client, area=area)
        for n in range(devices):
            registry.devices.add(f"d-{client[2:]}{n}", client, [], {"sha256": "x"})
    assert registry.devices.clients_in("north") == ["c-1"]
    assert registry.devices.clients_in("west") == []


def test_displays_in_an_area(registry: Registry) -> None:
    """A device whose topics are read as a meter is not counted as a display of its area."""
    registry.ensure_client("c-1", area="north")
    registry.devices.add("d-1", "c-1", [], {"sha256": "x"})
    registry.devices.add("d-2", "c-1", ["one/json"], {"sha256": "x"}, reads={"meter": "m-1", "forms": {}})
    assert registry.devices.count_in_areas() == {"north": 1}


def test_all_credentials(registry: Registry) -> None:
    """Everybody who may connect is listed by id, devices with client, topics and hashes."""
    registry.add_agent(AGENT, "Ana")
    registry.raise_generation(AGENT)
    registry.add_agent("a-radu", "Radu")
    registry.disable_agent("a-radu")
    registry.devices.add("d-1", CLIENT, ["t"], {"sha256": "x"})
    assert registry.all_credentials(T0) == [
        Credential(AGENT, 1),
        Credential("d-1", 0, CLIENT, ("t",), {"sha256": "x"}),
    ]


def test_a_portals_token(registry: Registry) -> None:
    """A `jti` is answered the same for 60 s, then never again, also just after its token's own end."""
    answer, exp = {"sub": CLIENT}, T0 + 300_000
    assert registry.use_jti("j1", exp, answer, T0) == answer
    assert registry.use_jti("j1", exp, {"sub": "c-7"}, T0 + 60_000) == answer
    for later in (T0 + 60_001, exp, exp + 60_000):
        with pytest.raises(NotAllowed):
            registry.use_jti("j1", exp, answer, later)
    assert registry.use_jti("j2", exp, answer, T0) == answer


def test_one_user_of_a_token(registry: Registry) -> None:
    """Of several who use one `jti` at once, all get the first one's answer."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: registry.use_jti("j1", T0 + 9, n, T0), range(4)))
    assert len(set(answers)) == 1


# Settings and changes


def test_settings(registry: Registry) -> None:
    """A setting is what was put last, whatever JSON can say."""
    assert registry.settings.get("hours") is None and registry.settings.get("hours", []) == []
    for value in ({"mon": ["08:00", "18:00"]}, [1, None, "ș"], False):
        registry.settings.put("hours", value)
        assert registry.settings.get("hours") == value


def test_changes(registry: Registry) -> None:
    """Changes come in order, each once, to a reader who says how far it is."""
    assert registry.changes.last() == 0
    numbers = [registry.changes.announce(ChangeKind.ERASE, {"client": f"c-{n}"}, T0 + n) for n in range(5)]
    assert numbers == sorted(set(numbers)) and registry.changes.last() == numbers[-1]
    first, second = registry.changes.after(0, limit=2)
    assert (first.n, first.kind, first.body, first.at) == (numbers[0], "erase", {"client": "c-0"}, T0)
    assert [change.n for change in registry.changes.after(second.n)] == numbers[2:]


def test_old_changes_go(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is not taken is dropped; of what is taken the oldest go, and numbers still rise."""
    monkeypatch.setattr("chat_core.store.changes.TAKEN_KEPT", 2)
    numbers = [registry.changes.announce(ChangeKind.SETTINGS, {"key": str(n)}, T0) for n in range(6)]
    assert [change.n for change in registry.changes.after(0)] == numbers
    registry.changes.forget_taken(numbers[2])
    assert [change.n for change in registry.changes.after(0)] == numbers
    registry.changes.forget_taken(numbers[-1])
    assert [change.n for change in registry.changes.after(0)] == numbers[-2:]
    assert registry.changes.announce(ChangeKind.SETTINGS, {}, T0) > numbers[-1]


def test_the_same_change_again(registry: Registry) -> None:
    """One guest who renames himself all day fills nothing and pushes nobody's erasure out: one row is his."""
    asked = registry.changes.announce(ChangeKind.ERASE, {"client": "c-1"}, T0)
    last = [registry.changes.announce(ChangeKind.CLIENT, {"client": "g-1"}, T0) for _ in range(50)][-1]
    assert [(change.n, change.kind) for change in registry.changes.after(0)] == [(asked, "erase"), (last, "client")]


def test_a_change_of_a_newer_version(registry: Registry) -> None:
    """A kind that this version does not know stops nothing: it is read as unknown."""
    registry._db.execute("INSERT INTO change (kind, body, at) VALUES ('moon', '{}', 1)")
    registry.changes.announce(ChangeKind.SETTINGS, {}, T0)
    assert [change.kind for change in registry.changes.after(0)] == ["unknown", "settings"]


def test_power_waits(registry: Registry) -> None:
    """A wait is over when its area has no notice, oldest first; the end of an earlier outage leaves a later wait."""
    for number, area in enumerate(("mill", "mill", None)):
        registry.ensure_client(f"c-{number}", area=area)
        registry.power_waits.begin(f"c-{number}", T0 - number)
    assert registry.power_waits.over(["mill"], 10) == [PowerWait("c-2", T0 - 2)]
    waits = registry.power_waits.over([], 2)
    assert waits == [PowerWait("c-2", T0 - 2), PowerWait("c-1", T0 - 1)]
    registry.power_waits.begin("c-1", T0 + 1)
    registry.power_waits.end(waits)
    registry.power_waits.cancel("c-0")
    assert registry.power_waits.over([], 10) == [PowerWait("c-1", T0 + 1)]
    registry.forget_client("c-1")
    assert not registry.power_waits.is_waiting("c-1")
