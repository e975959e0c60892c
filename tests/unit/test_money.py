"""Tell what energy costs, in words."""

from typing import Any

import pytest

from chat_core.contract.languages import LANGS
from chat_core.domain.money import Money
from tests.unit import vectors


@pytest.mark.parametrize("case", vectors.load("cost")["cases"])
def test_what_energy_costs_in_words(case: dict[str, Any]) -> None:
    """The server says the same cost as the browser, in each language."""
    cost = Money(**case["price"]).of_kwh(case["wh"])
    assert {lang: cost.words(lang) for lang in LANGS} == {lang: case[lang] for lang in LANGS}
