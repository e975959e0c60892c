"""Periods that requests name."""

import pytest
from pydantic import TypeAdapter, ValidationError

from web.api.episodes import EpisodesAsk
from web.api.exports import PeriodExportAsk
from web.api.schemas import Asked, ConsumptionAsk
from web.api.webhooks import ReplayAsk

PERIODS: tuple[tuple[type[Asked], dict[str, str]], ...] = (
    (ConsumptionAsk, {"step": "hour"}),
    (EpisodesAsk, {"figure": "asked"}),
    (PeriodExportAsk, {}),
    (ReplayAsk, {}),
)


@pytest.mark.parametrize(("asked", "more"), PERIODS)
@pytest.mark.parametrize("end", [1, 2])
def test_a_period_without_length_is_refused(asked: type[Asked], more: dict[str, str], end: int) -> None:
    """Each request for a period [from, to) is refused where `to` does not lie after `from`."""
    model = TypeAdapter(asked)
    with pytest.raises(ValidationError, match="to must lie after from"):
        model.validate_python({"from": 2, "to": end, **more})
    model.validate_python({"from": 2, "to": 3, **more})
