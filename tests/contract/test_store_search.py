"""Searches and erasure in slices, on SQLite and on a real PostgreSQL."""

import json
import random

import pytest

from chat_core.contract.errors import BadPayload
from chat_core.contract.payloads import File, Marker, Rating, Said, SaidKind
from chat_core.domain.search_query import Query, parse_query, who_words, words_of
from chat_core.store import Store
from chat_core.store.postgres import MARKS_AT_MOST, PostgresDatabase
from chat_core.store.results import InboxFilter
from chat_core.store.rows import marks
from tests.contract.conftest import POSTGRES
from tests.contract.stores import (
    AGENT,
    CLIENT,
    T0,
    StoreUnderTest,
    committed,
    erase_all,
    opened,
    put,
    row_of,
    say,
    say_in,
    take_in_all,
    texts,
)

TZ = "Europe/Bucharest"
DAY_MS = 86_400_000


def found(store: Store, text: str) -> list[str]:
    return [hit.text for hit in store.search.page(parse_query(text, TZ, AGENT)).hits]


def test_words_are_found(store: Store) -> None:
    """All the words must occur, in any order; case and diacritics do not matter; the newest comes first."""
    say(store, "m1", "Factura pe noiembrie")
    say(store, "m2", "De ce e factură așa de mare?")
    say(store, "m3", "Straße 5, 40kWh", client="c-43")
    assert found(store, "factura") == []
    take_in_all(store)
    assert found(store, "FACTURA") == ["De ce e factură așa de mare?", "Factura pe noiembrie"]
    assert found(store, "noiembrie factură") == ["Factura pe noiembrie"]
    assert found(store, "asa") == found(store, "aşa") == ["De ce e factură așa de mare?"]
    assert found(store, "strasse") == ["Straße 5, 40kWh"]
    assert found(store, "factura iunie") == []


def test_the_last_word_may_be_a_beginning(store: Store) -> None:
    """A last word of three letters stands for all that begin so, as long as no blank follows it."""
    say(store, "m1", "consumption")
    take_in_all(store)
    assert found(store, "cons") == ["consumption"]
    assert found(store, "cons ") == found(store, "co") == found(store, "cons consumption") == []


def test_filters_after_the_last_word_leave_it_a_beginning(store: Store) -> None:
    """The last word is the last that is no filter, wherever the filters stand; words before it are whole ones."""
    say(store, "m1", "the thermocouple whistles")
    say(store, "m2", "a thermocouple, again", client="c-43")
    take_in_all(store)
    mine = f"client:{CLIENT}"
    for text in (f"thermocoup {mine}", f"{mine} thermocoup", f"from:client thermocoup {mine} ", f"the whis {mine}"):
        assert found(store, text) == ["the thermocouple whistles"], text
    assert found(store, f"thermocoup whistles {mine}") == found(store, f'"thermocoup" {mine}') == []


def test_words_that_stand_together(store: Store) -> None:
    """Words in quotes stand together, in this order; a word with a dash is two that do."""
    say(store, "m1", "the bill is high")
    say(store, "m2", "is the bill pre-paid?")
    take_in_all(store)
    assert found(store, '"bill is"') == ["the bill is high"]
    assert found(store, "pre-paid ") == ["is the bill pre-paid?"] and found(store, "paid-pre ") == []


WORDS = ("why", "bill", "billing", "heater", "heat", "kwh", "yesterday", "storm", "heat2", "zebra")
RARE_FROM = 3_500  # entries, of which the last thousands have no zebra
ASKED = (
    *(
        "why ",
        "bill",
        "hea",
        "zebra ",
        "zeb",
        "why zeb",
        "zebra bil",
        '"why bill"',
        "why bill heat",
        "storm heat2",
        "yak ",
    ),
    *("bill client:c-3", "client:c-3 zebra ", "from:client hea", "zebrra", "billling client:c-2", "nothing "),
)


def test_each_search_finds_what_its_words_say(store: Store) -> None:
    """Common, rare and misspelled words and beginnings give page by page what a look at every entry gives."""
    chance, said = random.Random(14), list[tuple[str, str]]()
    weights = [1 / (n + 1) for n in range(len(WORDS))]
    with committed(store) as tx:
        for n in range(6_000):
            text = " ".join(word for word in chance.choices(WORDS, weights, k=5) if n < RARE_FROM or word != "zebra")
            text += " yak" if n % 500 == 0 else ""
            said.append((f"c-{n % 7}", text))
            say_in(tx, f"m{n}", text, client=f"c-{n % 7}")
    take_in_all(store, 1_000)
    for asked in ASKED:
        query, cursor, got = parse_query(asked, TZ, AGENT), None, list[str]()
        while len(got) < 20 and (cursor or not got):
            page = store.search.page(query, cursor=cursor, limit=5)
            got += [hit.text for hit in page.hits]
            if (cursor := page.cursor) is None:
                break
        wanted = _look_at_each(query, said) or _look_at_each(query.forgiving() or query, said)
        assert got == wanted[:20], asked


def _look_at_each(query: Query, said: list[tuple[str, str]]) -> list[str]:
    """Return the texts that fit the query, the newest first."""
    wanted = [f" {' '.join(phrase)} " for phrase in query.phrases]
    if query.open_end:
        wanted[-1] = wanted[-1].rstrip()
    return [
        text
        for client, text in reversed(said)
        if all(phrase in f" {text} " for phrase in wanted)
        and all(near & {*text.split()} for near in query.near)
        and all(name in who_words(client, client) for name in query.names)
    ]


@pytest.mark.parametrize("text", ['"', "'", "a' OR 'b", 'x" OR who:"y', "*", "NEAR(a b)", "-a", "a & !b", "\\", "📎"])
def test_no_character_is_an_operator(store: Store, text: str) -> None:
    """No typed character is an operator of a database's query language."""
    say(store, "m1", "hello")
    take_in_all(store)
    assert found(store, text) in ([], ["hello"])


def test_filters(store: Store) -> None:
    """from:, client: and tag: leave what fits them, alone or with words."""
    say(store, "m1", "bill one", client="c-1")
    say(store, "m2", "bill two", client="c-1", sender=AGENT)
    say(store, "m3", "bill three", client="c-1_")
    with committed(store) as tx:
        put(tx, "c-1", tags=("late payer", "vip"))
    take_in_all(store)
    assert found(store, "bill from:a-ana") == found(store, "from:me bill") == ["bill two"]
    assert found(store, "from:client bill ") == ["bill three", "bill one"]
    assert found(store, "from:agent") == ["bill two"] and found(store, "from:bot") == []
    assert found(store, "from:c-1") == ["bill one"]
    assert found(store, "client:c-1") == ["bill two", "bill one"]
    assert found(store, "client:c-9") == []
    assert found(store, 'one tag:"late payer"') == ["bill one"] and found(store, 'tag:"late"') == []
    assert found(store, "tag:vip one ") == ["bill one"] and found(store, "tag:vi") == []
    with pytest.raises(BadPayload):
        found(store, "client:c.1")


def test_filters_by_area_and_language(store: Store) -> None:
    """area: and lang: leave what was said with clients of the area or language."""
    for client, area, lang in (("c-1", "north", "ro"), ("c-2", "north", "en"), ("c-3", None, None)):
        say(store, "m1", f"bill {client}", client=client)
        with committed(store) as tx:
            put(tx, client, area=area, lang=lang)
    take_in_all(store)
    assert found(store, "bill area:north") == ["bill c-2", "bill c-1"]
    assert found(store, "area:north lang:ro") == ["bill c-1"] and found(store, "area:nor") == []


def test_bots_answers_are_asked_for(store: Store) -> None:
    """A bot's answer is found only where from: names bots or everybody."""
    say(store, "m1", "the bill")
    say(store, "auto-2", "your bill is online", sender="b-rules")
    take_in_all(store)
    assert found(store, "bill") == found(store, f"client:{CLIENT}") == found(store, "after:2024-01-01") == ["the bill"]
    for asked in ("from:bot", "from:b-rules bill"):
        assert found(store, asked) == ["your bill is online"]
    assert found(store, "bill from:all") == ["your bill is online", "the bill"]


def test_a_typing_error_is_forgiven(store: Store) -> None:
    """Each word may lack, add or exchange one letter where nothing has it as typed; the page names the words found."""
    say(store, "m1", "Why this consumption?")
    say(store, "m2", "Ce consum mare", client="c-43")
    take_in_all(store)
    for typed in ("consumtion", "consumpption", "comsumption", "consumpiton", "tihs consumtion"):
        page = store.search.page(parse_query(typed, TZ, AGENT))
        assert [hit.text for hit in page.hits] == ["Why this consumption?"], typed
        assert "consumption" in page.words
    assert found(store, "cosnum client:c-43") == ["Ce consum mare"]
    assert store.search.page(parse_query("consum ", TZ, AGENT)).words == ["consum"]
    assert found(store, "cnsmption") == found(store, "mre") == found(store, '"this consumtion"') == []


def test_days(store: Store) -> None:
    """after: begins with the day, before: ends before it, in the platform's time zone."""
    midnight = 1_764_021_600_000  # 2025-11-25 in Bucharest
    for n, at in enumerate((midnight - DAY_MS, midnight - 1, midnight, midnight + DAY_MS)):
        say(store, f"m{n}", f"words {n}", at=at)
    take_in_all(store)
    assert found(store, "words after:2025-11-25") == ["words 3", "words 2"]
    assert found(store, "words before:2025-11-25") == ["words 1", "words 0"]
    assert found(store, "after:2025-11-24 before:2025-11-26") == ["words 2", "words 1", "words 0"]


def test_a_clock_that_was_set_back(store: Store) -> None:
    """Entries whose times are a little out of their order are found by their days all the same."""
    midnight = 1_764_021_600_000
    for n, at in enumerate((midnight + 60_000, midnight - 60_000, midnight + 1)):
        say(store, f"m{n}", f"words {n}", at=at)
    take_in_all(store)
    assert found(store, "words after:2025-11-25") == ["words 2", "words 0"]
    assert found(store, "words before:2025-11-25") == ["words 1"]


def test_pages(store: Store) -> None:
    """Pages follow one another without a hole or a repeat, also when more is said meanwhile."""
    for n in range(7):
        say(store, f"m{n}", f"bill {n}")
    take_in_all(store, 3)
    query, cursor, seen = parse_query("bill", TZ, AGENT), None, []
    while True:
        page = store.search.page(query, cursor=cursor, limit=3)
        seen += [hit.text for hit in page.hits]
        say(store, f"later{len(seen)}", "bill later")
        take_in_all(store)
        if (cursor := page.cursor) is None:
            break
    assert seen == [f"bill {n}" for n in reversed(range(7))]


def test_how_far_it_is(store: Store) -> None:
    """A page says about how many entries are not taken in yet; names of those who spoke come along."""
    store.registry.add_agent(AGENT, "Ana")
    say(store, "m1", "bill", sender=AGENT)
    assert store.search.page(parse_query("bill", TZ, AGENT)).behind == 3
    take_in_all(store)
    page = store.search.page(parse_query("bill", TZ, AGENT))
    assert (page.behind, page.names, page.hits[0].client, page.hits[0].status) == (
        0,
        {AGENT: "Ana"},
        CLIENT,
        "assigned",
    )


def test_what_is_edited_and_deleted(store: Store) -> None:
    """An edit is found by its new words alone, at once; a deleted entry is not found; taken in or not."""
    for taken_in in (True, False):
        first = say(store, f"m{taken_in}", f"heater {taken_in}").seq
        second = say(store, f"n{taken_in}", f"boiler {taken_in}").seq
        if taken_in:
            take_in_all(store)
        with committed(store) as tx:
            tx.amend(CLIENT, first, f"radiator {taken_in}")
            tx.amend(CLIENT, first, f"stove {taken_in}")
            tx.amend(CLIENT, second, None)
    take_in_all(store)
    assert found(store, "heater ") == found(store, "boiler ") == found(store, "radiator ") == []
    assert found(store, "stove ") == ["stove False", "stove True"]


def test_an_edit_that_is_rolled_back(store: Store) -> None:
    """An undone edit leaves the old words findable."""
    seq = say(store, "m1", "heater").seq
    take_in_all(store)
    with committed(store) as tx, pytest.raises(RuntimeError), tx.savepoint():
        tx.amend(CLIENT, seq, "stove")
        raise RuntimeError
    assert found(store, "heater") == ["heater"] and found(store, "stove") == []


def test_files_are_found_by_name(store: Store) -> None:
    """A file is found by its name."""
    shown = File(file="f1", name="factura-noiembrie.pdf", type="application/pdf", size=1)
    with committed(store) as tx:
        say_in(tx, "m0")
        tx.append(CLIENT, CLIENT, Said(id="m1", kind=SaidKind.FILE, file=shown, sent=T0), T0)
    take_in_all(store)
    assert found(store, "noiembrie ") == ["factura-noiembrie.pdf"]


def test_a_hit_is_its_words(store: Store) -> None:
    """A hit has the words and nothing more of its entry, whatever those hold and whatever was done to it."""
    words = ["plain", 'she said "no","yes"', '{"text":1},"edited":true}', "back\\ and\n100 %s, ș 📎"]
    for n, text in enumerate(words):
        say(store, f"m{n}", text)
    with committed(store) as tx:
        tx.put(tx.conversation(CLIENT)._replace(name='Maria "Pop", ș'))
        tx.append(CLIENT, CLIENT, Said(id="r", kind=SaidKind.TEXT, text="a reply", sent=T0, replies=["Yes"]), T0)
        tx.append(
            CLIENT,
            CLIENT,
            Said(id="s", kind=SaidKind.RATING, rating=Rating(score=4, text='so "so", really'), sent=T0),
            T0,
        )
        gone = tx.append(CLIENT, CLIENT, Said(id="g", kind=SaidKind.TEXT, text="gone", sent=T0), T0)
        edited = tx.append(CLIENT, CLIENT, Said(id="e", kind=SaidKind.TEXT, text="wrong", sent=T0), T0)
        tx.amend(CLIENT, edited.seq, 'right, "all right"')
        tx.amend(CLIENT, gone.seq, None)
    take_in_all(store)
    every = ['right, "all right"', "", 'so "so", really', "a reply", *reversed(words)]
    by_words = store.search.page(parse_query(f"client:{CLIENT}", TZ, AGENT))
    assert [hit.text for hit in by_words.hits] == [text for text in every if text]
    by_days = store.search.page(parse_query("after:2000-01-01", TZ, AGENT))
    assert [hit.text for hit in by_days.hits] == every
    for hit in json.loads(by_days.hits_json):
        assert list(hit) == ["client", "name", "status", "seq", "from", "at", "kind", "text"]
        assert (hit["client"], hit["name"], hit["from"], hit["at"]) == (CLIENT, 'Maria "Pop", ș', CLIENT, T0)


def test_an_erasure(store: Store) -> None:
    """Erased words are not found from that moment on; slices take nothing of others."""
    for n in range(250):
        say(store, f"m{n}", f"bill {n}")
    say(store, "m1", "bill of another", client="c-43")
    take_in_all(store)
    say(store, "late", "bill not taken in")
    with committed(store) as tx:
        tx.move_marker(CLIENT, AGENT, Marker(delivered=5, read=5))
        tx.add_note(CLIENT, AGENT, "n1", "a note", T0)
        tx.add_reading(CLIENT, "m-1", T0, 10, 5)
    with committed(store) as tx:
        tx.erase(CLIENT, T0)
    assert found(store, "bill") == ["bill of another"]
    assert store.log.notes(CLIENT) == [] and store.consumption.last_reading(CLIENT) is None
    assert [summary.client for summary in store.inbox.page().summaries] == ["c-43"]
    assert CLIENT not in dict(store.log.entries_of(store.log.recent_nums(5)[:-1]))
    say(store, "m1", "bill anew")
    take_in_all(store)
    assert erase_all(store) > 10
    take_in_all(store)
    assert found(store, "bill") == ["bill of another"] and texts(store, "c-43") == ["bill of another"]
    assert store.inbox.page(InboxFilter(q=CLIENT, status="resolved")).summaries[0].client == CLIENT
    for table in ("entry", "conversation", "note", "marker", "meter", "reading", "usage"):
        assert store.chats.fetch_one(f"SELECT count(*) FROM {table}") in ((0,), (2,), (3,)), table
    assert store.chats.fetch_one("SELECT count(*) FROM conversation WHERE client LIKE 'erased%'") == (0,)


def test_an_erasure_goes_on_after_a_restart(place: StoreUnderTest) -> None:
    """A process that ends between slices leaves the rest to the next one; the index stays whole."""
    with opened(place) as store:
        for n in range(150):
            say(store, f"m{n}", f"bill {n}")
        take_in_all(store)
        with committed(store) as tx:
            tx.erase(CLIENT, T0)
        with committed(store) as tx:
            assert tx.erase_more()
    with opened(place) as store:
        say(store, "m1", "bill anew", client="c-43")
        take_in_all(store)
        more = True
        while more:
            with committed(store) as tx:
                more = tx.erase_more()
        assert found(store, "bill") == ["bill anew"]
        check_index(store)


def test_erased_twice(store: Store) -> None:
    """A client erased again before the first erasure is through is erased all the same, and rev goes on rising."""
    revs = []
    for n in range(3):
        say(store, f"m{n}", "bill")
        take_in_all(store)
        with committed(store) as tx:
            tx.erase(CLIENT, T0)
        summary = row_of(store)
        revs.append(summary.rev)
    assert revs == sorted(set(revs))
    erase_all(store)
    assert found(store, "bill") == []
    check_index(store)


def test_old_commands_are_forgotten(store: Store) -> None:
    """Commands older than asked go, the oldest first and so many at most; newer ones are known as before."""
    with committed(store) as tx:
        say_in(tx, "m1")
        for n in range(5):
            tx.record_command(AGENT, f"k{n}", CLIENT, T0 + n)
    with committed(store) as tx:
        assert tx.forget_commands(T0 + 4, 3) is True
        assert [tx.command_known(AGENT, f"k{n}") is not None for n in range(5)] == [False] * 3 + [True] * 2
        assert tx.forget_commands(T0 + 4, 3) is False
        assert [tx.command_known(AGENT, f"k{n}") is not None for n in (3, 4)] == [False, True]


def check_index(store: Store) -> None:
    """SQLite's own check of its full-text index finds nothing wrong."""
    if not isinstance(store.chats, PostgresDatabase):
        with store.chats.writing():
            store.chats.execute("INSERT INTO search (search) VALUES ('integrity-check')")


def test_texts_of_long_lists_are_not_kept() -> None:
    """Statements that list clients, one text for each number of them, take no memory for good."""
    database = PostgresDatabase("postgresql://nobody")
    for n in range(1, 10 * MARKS_AT_MOST):
        assert database._text(f"SELECT 1 WHERE client IN ({marks(n)})").count("%s") == n
    assert len(database._texts) == MARKS_AT_MOST


@POSTGRES
def test_each_is_planned(store: Store) -> None:
    """A search is planned for its own words each time: a generic plan would pass all others."""
    say(store, "m1", "bill")
    for _ in range(10):
        assert found(store, "bill ") == [] and store.inbox.page(InboxFilter(q="bill")).summaries == []
        assert store.log.page(CLIENT).last == 2
    kept = "SELECT statement FROM pg_prepared_statements"
    prepared = [statement for (statement,) in store.chats.fetch(kept)]
    assert any("entry e" in statement for statement in prepared)
    assert not any("tsquery" in statement and "string_agg" in statement for statement in prepared)


@pytest.mark.parametrize(
    "text", ["before:yesterday", "after:2026-13-01", "from:somebody", "from:d-1", "client:a-ana", "x" * 301, "a " * 21]
)
def test_what_cannot_be_understood(text: str) -> None:
    """A filter that says nothing sensible is refused with a sentence about what it takes."""
    with pytest.raises(BadPayload) as refused:
        parse_query(text, TZ, AGENT)
    assert refused.value.why == "bad_query" and refused.value.text.endswith(".")


def test_words_of_a_text() -> None:
    """Letters and digits are words, without case and diacritics, in any script."""
    assert words_of("E-mail: Ștefan@x.ro, 12.5 kWh; naïve_ÉTÉ Ἀθῆναι ½ 東京") == (
        ["e", "mail", "stefan", "x", "ro", "12", "5", "kwh", "naive", "ete", "αθηναι", "1", "2", "東京"]
    )
