"""
Bring a database of Wattline 0.1.0, or of a build between it and `0001_tables`, to the tables that `0001_tables` makes.

Frozen. Each step was a migration of its own; a database's history names those that it has.
"""

from typing import Final

from chat_core.contract.errors import StoreDown

FIRST: Final = "0001_tables"
RELEASED: Final = {
    "chats": (
        "0001_initial",
        "0002_usage",
        "0003_alarm",
        "0004_file_uses",
        "0005_search",
        "0006_episodes",
        "0007_command_age",
        "0008_entry_room",
        "0009_entry_free",
        "0010_search_room",
    ),
    "web": ("0001_initial", "0002_files"),
}

# Bots' ids are given by our own programs alone. A client could always give its words the id of a call for help, so no
# entry of a client's is marked.
_MARK: Final = """UPDATE entry SET body = '{"origin":"ORIGIN",' || substr(body, 2)
  WHERE substr(sender, 1, 2) = 'b-' AND sender SIGN 'b-meters' AND (IDS)
  AND kind IN ('text', 'card') AND body <> '{}'"""


def _mark(origin: str, ids: str, sign: str = "<>") -> str:
    return _MARK.replace("ORIGIN", origin).replace("IDS", ids).replace("SIGN", sign)


# How answers are counted by how long they took, in seconds: below this in buckets so wide.
_BUCKETS_S: Final = ((60, 5), (600, 10), (3_600, 30), (86_400, 300), (604_800, 3_600))
_TOOK: Final = "(answered - asked)"
_CASES: Final = [f"WHEN {_TOOK} < {below * 1000} THEN {_TOOK} / {wide * 1000} * {wide}" for below, wide in _BUCKETS_S]
_BUCKET: Final = f"CASE {' '.join(_CASES)} ELSE {_BUCKETS_S[-1][0]} END"

STEPS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "chats": {
        "0011_origin": (
            _mark("answer", "substr(id, 1, 5) IN ('auto-', 'away-')"),
            _mark("handover", "substr(id, 1, 5) = 'hand-'"),
            _mark("alarm", "1 = 1", "="),
            "ALTER TABLE notice ADD COLUMN origin TEXT",
            # An administrator's notice has the id of a command.
            """UPDATE notice SET origin = 'storm' WHERE substr(id, 1, 6) = 'storm-'
              AND NOT EXISTS (SELECT 1 FROM command WHERE command.id = notice.id AND command.client = '')""",
        ),
        "0012_cleared": ("CREATE TABLE cleared (client TEXT NOT NULL PRIMARY KEY, at $int NOT NULL)",),
        "0013_beat": (
            """CREATE TABLE beat (num $int2 NOT NULL PRIMARY KEY, at $int NOT NULL, own $int NOT NULL,
              failing TEXT NOT NULL)""",
            "DELETE FROM state WHERE key = 'beat'",
        ),
        "0014_estimates": ("ALTER TABLE usage ADD COLUMN estimated BIGINT NOT NULL DEFAULT 0",),
        "0015_answer_times": (
            """CREATE TABLE answer_time (day $int NOT NULL, bucket $int NOT NULL, answers $int NOT NULL,
              ms $int NOT NULL, PRIMARY KEY (day, bucket))$clustered""",
            # What a clock that was set back made an answer before its question is one at its moment.
            "UPDATE episode SET answered = asked WHERE answered < asked",
            "UPDATE episode SET resolved = asked WHERE resolved < asked",
            """INSERT INTO answer_time (day, bucket, answers, ms)
              SELECT asked / 86400000 * 86400000, BUCKET, count(*), sum(answered - asked) FROM episode
              WHERE asked IS NOT NULL AND answered IS NOT NULL GROUP BY 1, 2""".replace("BUCKET", _BUCKET),
        ),
        "0016_online": ("CREATE INDEX conversation_online ON conversation (num) WHERE online",),
    },
    "web": {
        "0003_sign_ins": (
            # Whose password earlier starts printed: it could write, and on Mosquitto it had no end.
            "UPDATE identity SET disabled = TRUE, generation = generation + 1 WHERE id = 'b-listener'",
            "CREATE TABLE sign_in (id TEXT NOT NULL PRIMARY KEY, agent TEXT NOT NULL, created $int NOT NULL)",
            "CREATE INDEX sign_in_agent_created ON sign_in (agent, created)",
            "CREATE TABLE listener (id TEXT NOT NULL PRIMARY KEY, client TEXT, expires $int NOT NULL)",
            "CREATE INDEX listener_expires ON listener (expires)",
            "ALTER TABLE agent ADD COLUMN sign_outs $int4 NOT NULL DEFAULT 0",
        ),
        "0004_file_usage": (
            """CREATE TABLE file_usage (key TEXT NOT NULL, hour $int NOT NULL, bytes $int NOT NULL,
              PRIMARY KEY (key, hour))$clustered""",
            "CREATE INDEX file_usage_hour ON file_usage (hour)",
        ),
        "0005_changes": ("CREATE INDEX change_kind_body ON change (kind, body)",),
    },
}


def is_before_first(applied: frozenset[str]) -> bool:
    """Return whether the history is one of 0.1: it has migrations, and none of those that are here now."""
    return bool(applied) and FIRST not in applied


def names(part: str) -> frozenset[str]:
    """Return the names of all of 0.1's migrations."""
    return frozenset((*RELEASED[part], *STEPS[part]))


def steps_left(part: str, applied: frozenset[str]) -> list[str]:
    """
    Return the names of the steps that the database lacks, in their order.

    Raises: StoreDown for a build from before the release.
    """
    if not applied.issuperset(RELEASED[part]):
        raise StoreDown(
            "The database was made by a build before Wattline 0.1.0: run `wattline migrate` of 0.1.0 on it first."
        )
    return [name for name in STEPS[part] if name not in applied]
