"""Generate histories of a meter whose energy is known by construction: resets, exchanges, jumps, silences."""

from dataclasses import dataclass

from hypothesis import strategies as st

from chat_core.domain.meter_registers import Stand

HOUR_MS = 3_600_000
T0 = 1_729_000_000_000  # October 2024: most histories cross a change of the clocks in Bucharest
FAR_WH = 100_000_000  # more than any connection gives in the longest silence


@dataclass(frozen=True)
class History:
    """`stands` in order of time; `told` in order of arrival, some of them twice."""

    stands: list[Stand]
    told: list[Stand]
    wh: int  # in all
    known_wh: int  # of that, between readings at most two days apart


_SILENCES = st.one_of(
    st.sampled_from((1_000, 10_000, 60_000, 900_000, HOUR_MS, 24 * HOUR_MS)),
    st.integers(1_000, 2 * HOUR_MS),
    st.integers(HOUR_MS, 7 * 24 * HOUR_MS),
)
_LIVES = st.lists(
    st.tuples(
        st.sampled_from(("reset", "other", "smaller")),
        st.lists(
            st.tuples(_SILENCES, st.integers(0, 40_000), st.sampled_from(("", "", "", "up", "down"))),
            min_size=1,
            max_size=8,
        ),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A history of one meter, with what a connection of 40 kW could have used."""
    at, wh = T0, draw(st.integers(0, 10**9))
    stands = [Stand(at, wh)]
    total = known = 0
    jumps = 0  # in a row: a meter whose every other reading is wild shows nothing
    for number, (kind, silences) in enumerate(draw(_LIVES)):
        if number:
            silence_ms = draw(_SILENCES)
            at += silence_ms
            before, since = wh, 0
            if kind == "reset":
                since = wh = min(before // 2, 40_000 * silence_ms // HOUR_MS)
            elif kind == "smaller" and before > 4 * FAR_WH:
                wh = before // 2
            else:
                wh = before + FAR_WH + draw(st.integers(0, 10**9))
            stands.append(Stand(at, wh))
            total += since
            known += since if silence_ms <= 48 * HOUR_MS else 0
        for silence_ms, w, jump in silences:
            rise = w * silence_ms // HOUR_MS
            jumps = jumps + 1 if jump and jumps < 2 else 0
            if jumps and jump == "up" and silence_ms > 1_000:
                stands.append(Stand(at + silence_ms // 2, wh + 100 * FAR_WH))
            elif jumps and jump == "down" and silence_ms > 1_000 and wh > 4 * FAR_WH:
                stands.append(Stand(at + silence_ms // 2, 0))
            at, wh = at + silence_ms, wh + rise
            stands.append(Stand(at, wh))
            total += rise
            known += rise if silence_ms <= 48 * HOUR_MS else 0
    repeated = draw(st.lists(st.sampled_from(stands), max_size=5))
    return History(stands, draw(st.permutations([*stands, *repeated])), total, known)
