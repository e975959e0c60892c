"""
Hold the SQL text of the message path and of the pages that browsers load most. All other queries are peewee's.

Measure, on two busy cores: peewee composes a query in 250 to 400 µs (a conversation's columns in 1.2 ms); SQLite runs
these in 5 to 35 µs. To index one entry took 2.0 ms of processor time with peewee, 0.2 ms with text.
`Dialect.spoken` fills in the `$words` that remain.
"""

from functools import lru_cache
from typing import Final

from chat_core.contract.kinds import KINDS, SEARCHED
from chat_core.contract.payloads import Origin, SaidKind
from chat_core.store.rows import COLUMNS, compose, marks

_COLUMN_LIST: Final = ", ".join(f'"{column}"' for column in COLUMNS)
_IS_SAID: Final = "kind IN ({})".format(", ".join(f"'{kind.value}'" for kind in SaidKind))

# Conversations and entries

# One entry as the wire has it. Ids, senders and kinds hold nothing that JSON would escape; `body` is a JSON object.
ENTRY_LINE: Final = (
    """'{"seq":' || e.seq || ',"id":"' || e.id || '","from":"' || e.sender || '"'"""
    """ || ',"at":' || e.at || ',"kind":"' || e.kind || '"'"""
    " || CASE e.body WHEN '{}' THEN '}' ELSE ',' || substr(e.body, 2) END"
)
# Read the conversation of one message and the entry that its id became already, in one round trip.
MEET: Final = compose(
    "SELECT $columns, (SELECT $line FROM entry e WHERE $$same)$$before FROM conversation c WHERE c.client = ? $$lock",
    columns=_COLUMN_LIST,
    line=ENTRY_LINE,
)
# Read the same of a cached conversation: its row only has to be unchanged.
MEET_AGAIN: Final = compose(
    "SELECT (SELECT $line FROM entry e WHERE $$same) FROM conversation c"
    " WHERE c.num = ? AND c.client = ? AND c.rev = ? $$lock",
    line=ENTRY_LINE,
)
INSERT_ENTRY: Final = "INSERT INTO entry (conversation, seq, id, sender, at, kind, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
INSERT_CONVERSATION: Final = compose(
    "INSERT INTO conversation ($columns) VALUES ($marks) RETURNING num",
    columns=", ".join(f'"{column}"' for column in COLUMNS[1:]),
    marks=marks(len(COLUMNS) - 1),
)
UPSERT_MARKER: Final = (
    "INSERT INTO marker (conversation, reader, delivered, read) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (conversation, reader) DO UPDATE SET delivered = excluded.delivered, read = excluded.read"
)
MARKERS: Final = "SELECT reader, delivered, read FROM marker WHERE conversation = ?"
ENTRY_AT: Final = compose("SELECT $line FROM entry e WHERE e.conversation = ? AND e.seq = ?", line=ENTRY_LINE)
ENTRY_OF: Final = compose(
    "SELECT $line FROM entry e JOIN conversation c ON c.num = e.conversation"
    " WHERE c.client = ? AND e.seq = ? AND e.id = ?",
    line=ENTRY_LINE,
)
COUNT_SAID: Final = compose(
    "SELECT count(*) FROM entry WHERE conversation = ? AND seq > ? AND sender = ? AND $is_said", is_said=_IS_SAID
)
# Entries first, from the newest on, whatever statistics say.
RECENT: Final = (
    "SELECT c.client, e.num FROM entry e $first_join conversation c ON c.num = e.conversation WHERE c.shelf < 9"
    " ORDER BY e.num DESC LIMIT ?"
)
ENTRIES: Final = compose(
    "SELECT c.client, $line FROM entry e $$first_join conversation c ON c.num = e.conversation"
    " WHERE c.shelf < 9 AND e.num IN ($$marks) ORDER BY e.num",
    line=ENTRY_LINE,
)
ONLINE: Final = "SELECT client FROM conversation $by_online WHERE online ORDER BY num"


@lru_cache(maxsize=600)
def select_conversations(clients: int, end: str) -> str:
    """Return the statement for so many conversations. Args: end: its ORDER BY, and a lock."""
    return compose(
        "SELECT $columns FROM conversation WHERE client IN ($marks) $end",
        columns=_COLUMN_LIST,
        marks=marks(clients),
        end=end,
    )


@lru_cache(maxsize=256)  # a dozen of the possible sets of columns are common
def update_conversation(columns: tuple[str, ...]) -> str:
    """Return the statement that sets these columns of a conversation's row."""
    named = ", ".join(f'"{column}" = ?' for column in columns)
    return compose("UPDATE conversation SET $columns WHERE num = ?", columns=named)


INSERT_FILE_USE: Final = "INSERT INTO file_use (file, conversation, seq) VALUES (?, ?, ?)"
COMMAND_CLIENT: Final = "SELECT client FROM command WHERE agent = ? AND id = ?"
INSERT_COMMAND: Final = (
    "INSERT INTO command (agent, id, client, at) VALUES (?, ?, ?, ?) ON CONFLICT (agent, id) DO NOTHING"
)
PARK: Final = "INSERT INTO parked (topic, client, payload, why, at) VALUES (?, ?, ?, ?, ?)"
DROP_PARKED: Final = "DELETE FROM parked WHERE num <= (SELECT max(num) FROM parked) - ?"

# What a bridge looks for while nothing comes: ten times a second, and once a second

DUE_SUBMITTED: Final = (
    "SELECT num, client, topic, body, at FROM submitted WHERE done IS NULL AND due <= ?"
    " AND (CAST(? AS BIGINT) >> CAST(shard_key % 64 AS INTEGER)) & 1 = 1"  # the slot's shards as bits
    " AND client NOT IN (SELECT client FROM submitted WHERE done IS NULL AND due > ?) ORDER BY num LIMIT ?"
)
LAST_CHANGE: Final = "SELECT coalesce(max(num), 0) FROM change"
DUE_SNOOZED: Final = 'SELECT client FROM conversation WHERE shelf = 1 AND "until" <= ? ORDER BY "until" LIMIT ?'
DUE_DELAYED: Final = "SELECT client FROM conversation WHERE due <= ? ORDER BY due LIMIT ?"

INSERT_EVENT: Final = "INSERT INTO outbox (at, event, client, seq, entry, facts) VALUES (?, ?, ?, ?, ?, ?)"

# What is taken in after each commit: search index and episodes

STATE: Final = "SELECT value FROM state WHERE key = ?"
UPSERT_STATE: Final = (
    "INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
NEW_ENTRIES: Final = (
    "SELECT e.num, c.num, c.client, e.seq, e.sender, e.at, e.kind, e.body FROM entry e"
    " JOIN conversation c ON c.num = e.conversation WHERE e.num > ? ORDER BY e.num LIMIT ?"
)
NEW_PEOPLE: Final = "SELECT num, folded FROM conversation WHERE num > ? ORDER BY num LIMIT ?"
NUMBERS: Final = (  # of PostgreSQL
    "SELECT (SELECT coalesce(max(num), 0) FROM entry), (SELECT coalesce(max(num), 0) FROM conversation),"
    " pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint FROM pg_current_snapshot() AS now"
)
NEWEST_EPISODES: Final = (
    'SELECT num, conversation, seq, asked, answered, "by", resolved, score, rated, meter FROM episode WHERE num IN'
    " (SELECT max(num) FROM episode WHERE conversation IN ($conversations) GROUP BY conversation)"
)
INSERT_EPISODE: Final = "INSERT INTO episode (conversation, seq) VALUES (?, ?) RETURNING num"
UPDATE_EPISODE: Final = (
    'UPDATE episode SET asked = ?, answered = ?, "by" = ?, resolved = ?, score = ?, rated = ?, meter = ? WHERE num = ?'
)
ADD_ANSWERS: Final = (
    "INSERT INTO answer_time (day, bucket, answers, ms) VALUES (?, ?, ?, ?) ON CONFLICT (day, bucket) DO UPDATE SET"
    " answers = answer_time.answers + excluded.answers, ms = answer_time.ms + excluded.ms"
)

# Readings

METER: Final = "SELECT num, zone, most_w, settled FROM meter WHERE client = ? AND meter = ?"
INSERT_READING: Final = (
    "INSERT INTO reading (meter, at, wh, w) VALUES (?, ?, ?, ?) ON CONFLICT (meter, at) DO NOTHING RETURNING at"
)
_EARLIER: Final = "SELECT at, wh FROM (SELECT at, wh FROM reading WHERE meter = ? AND at < ? ORDER BY at DESC LIMIT ?)"
_LATER: Final = "SELECT at, wh FROM (SELECT at, wh FROM reading WHERE meter = ? AND at $sign ? ORDER BY at LIMIT ?)"
_SIDES: Final = f"{_EARLIER} AS earlier $between UNION ALL {_LATER} AS later ORDER BY at"
READINGS_AROUND: Final = compose(_SIDES, between="", sign=">")
READINGS_WITHIN: Final = compose(  # and around
    _SIDES, between="UNION ALL SELECT at, wh FROM reading WHERE meter = ? AND at >= ? AND at < ?", sign=">="
)
ADD_USAGE: Final = (
    "INSERT INTO usage (meter, step, at, wh, estimated) VALUES (?, ?, ?, ?, ?) ON CONFLICT (meter, step, at)"
    " DO UPDATE SET wh = usage.wh + excluded.wh, estimated = usage.estimated + excluded.estimated"
)
UPSERT_ALARM: Final = (  # an outage of an area writes thousands
    "INSERT INTO alarm (meter, kind, since, last) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (meter, kind) DO UPDATE SET since = excluded.since, last = excluded.last"
)
USAGE_SUMS: Final = (
    "SELECT at, sum(wh) AS wh, sum(estimated) AS estimated FROM usage"
    " WHERE meter IN (SELECT num FROM meter WHERE $whose) AND step = ? AND at >= ? AND at < ? GROUP BY at"
)
HOURS_BEFORE: Final = (
    "SELECT column1, (SELECT count(*) FROM usage u WHERE u.meter = column1 AND u.step = ?"
    " AND u.at >= column2 - ? AND u.at < column2) FROM (VALUES $asked) AS asked"
)

# Who reads a page, and the names in it

GENERATION: Final = "SELECT generation FROM identity WHERE id = ? AND NOT disabled"
# "" is the sign-in of a reader who came by none.
_SIGNED_IN: Final = "(? = '' OR EXISTS (SELECT 1 FROM sign_in s WHERE s.id = ? AND s.agent = identity.id))"
READER: Final = compose("($generation AND $signed_in)", generation=GENERATION, signed_in=_SIGNED_IN)
OVER: Final = f"(disabled OR (id = ? AND NOT {_SIGNED_IN}))"  # the identity may do nothing, or its sign-in has ended


def select_known(ended: str, ids: int) -> str:
    """Return the statement for so many ids: names, generations, and whether they have ended by this condition."""
    sql = "SELECT id, name, generation, $ended FROM identity WHERE id IN ($ids)"
    return compose(sql, ended=ended, ids=marks(ids))


# Pages: each is one statement, so that all of it is of one moment

PAGE_BREAK: Final = "\n"  # between a page's lines and whom they name: JSON escapes it, and no id has one
# PostgreSQL feeds an aggregate in the rows' own order (manual: Aggregate Functions); on SQLite the LIMIT keeps it.
# One `$format` a row takes half as long as `||`. `$quote` makes JSON of a text.
_PAGE: Final = """
    SELECT $reader, c.epoch, c.last_seq, c.first,
      (SELECT $join('"' || m.reader || '":{"delivered":' || m.delivered || ',"read":' || m.read || '}', ',')
        FROM marker m WHERE m.conversation = c.num),
      (SELECT $join(page.line, ',') || '$break' || coalesce($join(page.named, ','), '') FROM (
        SELECT $format('{"seq":%s,"id":"%s","from":"%s","at":%s,"kind":"%s"%s', e.seq, e.id, e.sender, e.at, e.kind,
            CASE e.body WHEN '{}' THEN '}' ELSE ',' || substr(e.body, 2) END) AS line,
          CASE WHEN e.sender = c.client THEN NULL
            WHEN e.kind = 'assigned' THEN e.sender || ',' || coalesce($body ->> 'to', '') ELSE e.sender END AS named
        FROM entry e WHERE e.conversation = c.num AND $part ORDER BY e.seq LIMIT ?) AS page)
    FROM conversation c WHERE c.client = ?""".replace("$break", PAGE_BREAK)
PAGE_AFTER: Final = _PAGE.replace("$part", "e.seq > ?")
# seq has no gaps: so many are so many entries
PAGE_BEFORE: Final = _PAGE.replace("$part", "e.seq < ? AND e.seq >= $least(c.last_seq + 1, ?) - ?")

TABS: Final = {
    "mine": "shelf = 0 AND assignee = ?",
    "unassigned": "shelf = 0 AND assignee IS NULL",
    "all": "shelf = 0",
    "snoozed": "shelf = 1",
    "resolved": "shelf = 2",
}
_COUNT: Final = "(SELECT count(*) FROM (SELECT 1 FROM conversation WHERE {} LIMIT 1000) AS tab)"


def count_tabs(also: str = "") -> str:
    """Return the columns that count each tab. Args: also: a further condition of all."""
    return ", ".join(_COUNT.format(where + also) for where in TABS.values())


TAB_COUNTS: Final = count_tabs()
# With the counts in the same statement, where there are any: the database counts once, not for each row.
INBOX: Final = """
    SELECT $reader, place, num,
      $format('{"client":"%s","rev":%s,"status":"%s"%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s}', client, rev, status,
        COALESCE(',"assignee":"' || assignee || '"', ''),
        COALESCE(',"priority":"' || nullif(priority, 'normal') || '"', ''),
        COALESCE(',"tags":' || nullif(tags, '[]'), ''), COALESCE(',"unread":' || nullif(unread, 0), ''),
        COALESCE(',"last":' || last, ''), CASE WHEN name IS NULL THEN '' ELSE ',"name":' || $quote(name) END,
        CASE WHEN online THEN ',"online":true' ELSE '' END, COALESCE(',"waiting":' || waiting, ''),
        COALESCE(',"notes":' || nullif(notes, 0), ''), COALESCE(',"until":' || until, ''),
        COALESCE(',"did":' || nullif(did, '[]'), ''),
        COALESCE(',"delayed":' || delayed, ''), COALESCE(',"question":' || question, ''),
        COALESCE(',"answered":' || answered, ''), COALESCE(',"area":"' || area || '"', ''),
        COALESCE(',"lang":"' || lang || '"', ''), COALESCE(',"mentions":' || mentions, ''),
        COALESCE(',"team":"' || team || '"', '')),
      assignee, nullif(last_sender, client)$tabs
    FROM conversation WHERE $where ORDER BY place, num LIMIT ?"""
INBOX_CLIENTS: Final = "SELECT place, num, client FROM conversation WHERE $where ORDER BY place, num LIMIT ?"
# The inner LIMIT keeps PostgreSQL from looking up each client. It tests a row by a hash of the ids.
INBOX_AMONG: Final = compose(
    "SELECT place, num, client FROM ($list) AS list WHERE $$among ORDER BY place, num LIMIT ?", list=INBOX_CLIENTS
)
INBOX_BEYOND: Final = "SELECT 1 FROM conversation WHERE $where ORDER BY place, num LIMIT 1 OFFSET ?"

HIT_BREAK: Final = ",\n"  # JSON escapes a line's end, so this stands between two hits and nowhere else
BEHIND: Final = (
    "(SELECT coalesce(max(num), 0) FROM entry) - coalesce((SELECT value FROM state WHERE key = 'search'), 0)"
)


def _found_text(arrow: str) -> str:
    """Return the expression of an entry's searchable text. Args: arrow: `->` for its JSON, `->>` for the text."""
    steps = {kind: [f"'{step}'" for step in KINDS[kind].words] for kind in SEARCHED}
    texts = {kind: " -> ".join(["$body", *path[:-1]]) + f" {arrow} {path[-1]}" for kind, path in steps.items()}
    return "CASE e.kind {} END".format(" ".join(f"WHEN '{kind}' THEN {text}" for kind, text in texts.items()))


# One hit. On SQLite json_object is quicker than printf by 4 % of a page.
HIT_BY_OBJECT: Final = compose(
    "json_object('client', c.client, 'name', c.name, 'status', c.status, 'seq', e.seq, 'from', e.sender,"
    " 'at', e.at, 'kind', e.kind, 'text', coalesce($text, ''))",
    text=_found_text("->>"),
)
HIT_BY_FORMAT: Final = compose(
    """$$format('{"client":"%s","name":%s,"status":"%s","seq":%s,"from":"%s","at":%s,"kind":"%s","text":%s}',
      c.client, CASE WHEN c.name IS NULL THEN 'null' ELSE $$quote(c.name) END, c.status, e.seq, e.sender, e.at,
      e.kind, coalesce($text, '""'))""",
    text=_found_text("->"),
)
_HITS: Final = """
    SELECT $reader, $behind, count(*), min(page.num), $join(page.line, ?), $join(page.sender, ',') FROM (
      SELECT $num AS num, nullif(e.sender, c.client) AS sender, $hit AS line
      FROM $found JOIN conversation c ON c.num = e.conversation
      WHERE $where ORDER BY $num DESC LIMIT ?) AS page"""
IS_FOUND_KIND: Final = "e.kind IN ({})".format(", ".join(f"'{kind}'" for kind in SEARCHED))
ENTRY_FROM_NUM: Final = "SELECT num, at FROM entry WHERE num >= ? ORDER BY num LIMIT 1"
NEWEST_NUM: Final = "SELECT coalesce(max(num), 0) FROM entry"


def hits(hit: str, found: str, where: str, num: str) -> str:
    """Return the statement of a page of hits. Args: hit: its line; found: the tables; num: an entry's number there."""
    sql = _HITS.replace("$behind", BEHIND)
    for part, text in {"hit": hit, "found": found, "where": where, "num": num}.items():
        sql = sql.replace(f"${part}", text)
    return sql


# Displays

GLANCE: Final = """
    SELECT c.num, coalesce((SELECT m.read FROM marker m WHERE m.conversation = c.num AND m.reader = c.client), 0)
    FROM conversation c WHERE c.client = ?"""
_LIVE: Final = f"e.{_IS_SAID} AND $body ->> 'deleted' IS NULL"
_FROM_DESK: Final = f"(e.sender LIKE 'a-%' OR e.sender LIKE 'b-%') AND {_LIVE}"
UNREAD_FROM_DESK: Final = compose(
    "SELECT count(*) FROM entry e WHERE e.conversation = ? AND e.seq > ? AND $from_desk", from_desk=_FROM_DESK
)
LAST_FROM_DESK: Final = compose(
    "SELECT $line FROM entry e WHERE e.conversation = ? AND $from_desk ORDER BY e.seq DESC LIMIT 1",
    line=ENTRY_LINE,
    from_desk=_FROM_DESK,
)
CALLED_AT: Final = compose(
    "SELECT e.at FROM entry e WHERE e.conversation = ? AND e.seq > ? AND e.sender = ?"
    " AND $$body ->> 'origin' = '$call' AND $live ORDER BY e.seq DESC LIMIT 1",
    call=Origin.CALL.value,
    live=_LIVE,
)
# The newest call of each client.
CALLS: Final = compose(
    "SELECT c.client, (SELECT e.at FROM entry e WHERE e.conversation = c.num AND e.sender = c.client"
    " AND $$body ->> 'origin' = '$call' ORDER BY e.seq DESC LIMIT 1) FROM conversation c WHERE c.client IN ($$clients)",
    call=Origin.CALL.value,
)
