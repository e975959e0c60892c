"""The inbox's pages, tabs, filters and rows, on both databases."""

import json
from typing import Any

import pytest

from chat_core.contract.payloads import Delayed, Do, Mention, Status, encode
from chat_core.domain.search_query import parse_query
from chat_core.domain.team_choice import OfTeams
from chat_core.store import Store, inbox
from chat_core.store.results import InboxFilter, Reader
from tests.contract.stores import AGENT, T0, committed, put, say, take_in_all


def test_the_inboxs_order(store: Store) -> None:
    """The longest wait comes first, then the newest of the others; pages follow without loss."""
    for n, client in enumerate(("c-1", "c-2", "c-3", "c-4", "c-5")):
        say(store, "m1", client=client, at=T0 + n)
    say(store, "r1", sender=AGENT, client="c-2", at=T0 + 10)
    say(store, "r1", sender=AGENT, client="c-1", at=T0 + 20)
    say(store, "m2", client="c-3", at=T0 + 30)
    order = ["c-3", "c-4", "c-5", "c-1", "c-2"]
    assert [summary.client for summary in store.inbox.page().summaries] == order
    paged: list[str] = []
    cursor = None
    while True:
        page = store.inbox.page(limit=2, cursor=cursor)
        paged += [summary.client for summary in page.summaries]
        cursor = page.cursor
        if cursor is None:
            break
    assert paged == order


def test_the_inboxs_rows_are_summaries(store: Store) -> None:
    """A row that the database made is the Summary of that conversation, whatever it holds; its desk is named."""
    store.registry.add_agent(AGENT, "Ana")
    store.registry.add_agent("a-radu", "Radu")
    full: dict[str, Any] = {
        "status": Status.SNOOZED,
        "assignee": AGENT,
        "until": T0 + 50,
        "tags": ('a "b"', "șase"),
        "name": 'O\'Neil "Țuțu" \\ \t\u2028\x1f 😀 %s ?',
        "online": True,
        "notes": 3,
        "delayed": (Delayed(agent=AGENT, id="k", do=Do.ASSIGN, at=T0, to="a-radu"),),
        "answered": T0 + 9,
        "area": "mill-street",
        "lang": "ro",
        "mentions": (Mention(agent=AGENT, by="a-radu", id="n1"),),
    }
    say(store, "m1", client="c-1")
    say(store, "r1", sender="a-radu", client="c-1")
    say(store, "m1", client="c-2")
    with committed(store) as tx:
        put(tx, "c-1", **full)
    rows = [*store.inbox.page().summaries, *(page := store.inbox.page(InboxFilter(status="snoozed"))).summaries]
    assert [row.client for row in rows] == ["c-2", "c-1"] and rows[1].name == full["name"]
    assert [encode(row) for row in rows] == [encode(store.inbox.summaries([client])[0]) for client in ("c-2", "c-1")]
    assert page.names == {AGENT: "Ana", "a-radu": "Radu"} and store.inbox.page().names == {}
    for shown in (page, store.inbox.page()):
        sent = json.loads(shown.to_json(AGENT))["summaries"]
        for part in (row[name] for row in sent for name in ("last", "question") if name in row):
            if part.get("kind") == "text":
                del part["kind"]  # which a row leaves out
        assert sent == [json.loads(row.model_dump_json()) for row in shown.summaries]


def test_the_inboxs_tabs(store: Store) -> None:
    """Each tab shows its conversations and counts them."""
    store.registry.add_agent(AGENT, "Ana")
    states: dict[str, dict[str, Any]] = {
        "c-1": {},
        "c-2": {"status": Status.ASSIGNED, "assignee": AGENT},
        "c-3": {"status": Status.ASSIGNED, "assignee": "a-radu"},
        "c-4": {"status": Status.SNOOZED, "assignee": AGENT, "until": T0 + 50},
        "c-5": {"status": Status.RESOLVED},
    }
    for client, fields in states.items():
        say(store, "m1", client=client)
        with committed(store) as tx:
            put(tx, client, **fields)
    clients = lambda **tab: sorted(summary.client for summary in store.inbox.page(InboxFilter(**tab)).summaries)  # noqa: E731
    assert clients() == ["c-1", "c-2", "c-3"]
    assert clients(assignee=AGENT) == ["c-2"]
    assert clients(assignee="none") == clients(status="open") == ["c-1"]
    assert clients(status="assigned") == ["c-2", "c-3"]
    assert clients(status="snoozed") == ["c-4"]
    assert clients(status="resolved") == ["c-5"]
    page = store.inbox.page(me=AGENT)
    assert page.counts == {"mine": 1, "unassigned": 1, "all": 3, "snoozed": 1, "resolved": 1}
    assert page.names == {AGENT: "Ana"}
    north = InboxFilter(teams=OfTeams(("t-north",)), concerns=AGENT)
    with committed(store) as tx:
        put(tx, "c-1", team="t-north")
    page = store.inbox.page(north, me=AGENT)  # c-2 and c-4 are another team's, and assigned to the agent
    assert page.counts == {"mine": 1, "unassigned": 1, "all": 2, "snoozed": 1, "resolved": 0}
    assert len(page.summaries) == page.counts["all"]
    with store.begin() as tx:
        assert tx.due_snoozed(T0 + 49) == [] and tx.due_snoozed(T0 + 50) == ["c-4"]


def test_long_lists_are_counted_once_a_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of a hundred or more is told as it was counted a moment ago; shorter ones are counted at each page."""
    monkeypatch.setattr(inbox, "COUNTED_FOR_S", 3_600)  # a moment that no slow machine outlasts
    for n in range(99):
        say(store, "m1", client=f"c-{n}")
    counted = lambda me: store.inbox.page(limit=1, me=me).counts["all"]  # noqa: E731
    assert counted(AGENT) == 99
    say(store, "m1", client="c-99")
    assert counted(AGENT) == 100
    say(store, "m1", client="c-100")
    assert (counted(AGENT), counted("a-radu")) == (100, 101)
    monkeypatch.setattr(inbox, "COUNTED_FOR_S", 0)
    assert counted("a-ion") == 101
    say(store, "m1", client="c-101")
    assert counted("a-ion") == 102


def test_a_page_says_which_credentials_are_good(store: Store) -> None:
    """Pages of the log and of the inbox, empty ones too, tell their reader's generation as it is at that moment."""
    store.registry.add_agent(AGENT, "Ana")
    told = lambda reader: {  # noqa: E731
        store.log.page("c-1", reader=reader).generation,
        store.log.page("c-1", after=0, reader=reader).generation,
        store.inbox.page(reader=reader).generation,
        store.search.page(parse_query("m1", "UTC", AGENT), reader=reader).generation,
    }
    ana = Reader(AGENT)
    for _ in range(2):
        assert told(ana) == {store.registry.generation(AGENT)} != {None}
        assert told(None) == told(Reader("a-nobody")) == {None}
        store.registry.raise_generation(AGENT)
        say(store, "m1", client="c-1")
    store.registry.disable(AGENT)
    assert told(ana) == {None}


def test_a_page_says_whether_a_sign_in_is_over(store: Store) -> None:
    """Pages, empty ones too, tell no generation to a reader whose sign-in ended, or was another agent's."""
    for agent in (AGENT, "a-radu"):
        store.registry.add_agent(agent, "Ana")
    first, second = (store.registry.sign_ins.begin(AGENT, T0) for _ in range(2))
    told = lambda reader: {  # noqa: E731
        store.log.page("c-1", reader=reader).generation,
        store.inbox.page(reader=reader).generation,
        store.search.page(parse_query("m1", "UTC", AGENT), reader=reader).generation,
        store.registry.generation(*reader),
    }
    for _ in range(2):
        assert told(Reader(AGENT, first)) == told(Reader(AGENT, second)) == {0}
        assert told(Reader("a-radu", first)) == told(Reader(AGENT, "made-up")) == {None}
        say(store, "m1", client="c-1")
    store.registry.sign_ins.end(first)
    assert told(Reader(AGENT, first)) == {None} and told(Reader(AGENT, second)) == told(Reader(AGENT)) == {0}


def test_filtering_by_name(store: Store) -> None:
    """The filter finds words of a name or id, or their beginnings, without case, diacritics and patterns."""
    for client, name in (("c-1", "Elena Lazăr"), ("c-2", "100%_sure"), ("c-3", None)):
        say(store, "m1", client=client)
        with committed(store) as tx:
            put(tx, client, name=name)
    take_in_all(store)
    found = lambda q: sorted(summary.client for summary in store.inbox.page(InboxFilter(q=q)).summaries)  # noqa: E731
    assert found("LAZAR") == found("lazăr") == found("la el") == ["c-1"]
    assert found("100") == found("100%_su") == ["c-2"] and found("%") == found("_") == found("!") == []
    assert found("c-3") == ["c-3"] and found("azar") == [] and found(" ") == ["c-1", "c-2", "c-3"]
    with committed(store) as tx:
        put(tx, "c-1", name="Maria Lazăr")
    assert found("elena") == [] and found("maria") == ["c-1"]


def test_filtering_by_waiting_and_tag(store: Store) -> None:
    """The filter leaves only those who wait, or those with the tag and not with one that is like it."""
    for n, (waiting, tags) in enumerate(((5, ("bill",)), (None, ("bill",)), (7, ("bill2", "bi_l")))):
        say(store, "m1", client=f"c-{n}")
        with committed(store) as tx:
            put(tx, f"c-{n}", waiting=waiting, tags=tags)
    assert [summary.client for summary in store.inbox.page(InboxFilter(waiting=True)).summaries] == ["c-0", "c-2"]
    assert sorted(summary.client for summary in store.inbox.page(InboxFilter(tag="bill")).summaries) == [
        "c-0",
        "c-1",
    ]
    assert [summary.client for summary in store.inbox.page(InboxFilter(tag="bi_l", waiting=True)).summaries] == ["c-2"]


def test_filtering_by_area_and_language(store: Store) -> None:
    """The filter leaves only clients of the area, or of the language, or of both."""
    for n, (area, lang) in enumerate((("north", "ro"), ("north", "en"), ("south", "ro"), (None, None))):
        say(store, "m1", client=f"c-{n}")
        with committed(store) as tx:
            put(tx, f"c-{n}", area=area, lang=lang)
    found = lambda **by: sorted(summary.client for summary in store.inbox.page(InboxFilter(**by)).summaries)  # noqa: E731
    assert (found(area="north"), found(lang="ro")) == (["c-0", "c-1"], ["c-0", "c-2"])
    assert found(area="north", lang="ro") == ["c-0"] and found(area="nor") == []


@pytest.mark.parametrize(
    ("few", "looked_up", "walked"), [(10, 10, 1), (2, 2, 1), (10, 2, 50), (10, 2, 9), (10, 2, 3), (10, 2, 20)]
)
def test_filtering_by_an_attribute(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int, looked_up: int, walked: int
) -> None:
    """Pages hold each client with the value once, in the list's order; also of a value that many have."""
    bounds = {"FEW": few, "LOOKED_UP": looked_up, "WALKED": walked, "LOOKED_THROUGH": 3, "STEPS": 2}
    for name, value in bounds.items():
        monkeypatch.setattr(f"chat_core.store.inbox.{name}", value)
    for n in range(20):
        say(store, "m1", client=f"c-{n}", at=T0 + n)
        if n % 3 == 0:
            store.registry.attributes.change(f"c-{n}", {"plan": "Solar"})
    whole, cursor = [row.client for row in store.inbox.page().summaries], None
    found: list[str] = []
    for _ in range(20):
        page = store.inbox.page(InboxFilter(attribute="plan:Solar"), cursor=cursor, limit=2)
        found += [row.client for row in page.summaries]
        assert len(page.summaries) <= 2
        if (cursor := page.cursor) is None:
            break
    assert found == [client for client in whole if int(client[2:]) % 3 == 0] and cursor is None
    assert store.inbox.page(InboxFilter(attribute="plan:Sol")).summaries == []
    with committed(store) as tx:
        for client in ("c-3", "c-4"):
            put(tx, client, lang="ro")
    if few == 10:  # the page is whole, whatever else narrows the list
        page = store.inbox.page(InboxFilter(attribute="plan:Solar", lang="ro"))
        assert [row.client for row in page.summaries] == ["c-3"] and page.cursor is None
