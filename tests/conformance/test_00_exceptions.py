"""Chapter 0: the list of what is not asked of a broker is sound, and holds nothing that must be asked of all."""

import ast
from pathlib import Path

import pytest

from tests.conformance.exceptions import BEGIN, NOT_ASKED, REASONS, render
from tests.real.parts import REPOSITORY

LISTED = [
    (kind, module, case, reason)
    for kind, modules in NOT_ASKED.items()
    for module, cases in modules.items()
    for case, reason in cases.items()
]


@pytest.mark.parametrize(("kind", "module", "case", "reason"), LISTED)
def test_listed_case_exists(kind: str, module: str, case: str, reason: str) -> None:
    """Every case that is not asked is one of the suite's, and has a reason with a source and what the product does."""
    tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text("utf-8"))
    assert case.partition("[")[0] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert REASONS[reason].words and REASONS[reason].source and REASONS[reason].product


def test_never_listed() -> None:
    """The isolation matrix and what our ends rely on are asked of every broker; one case about isolation is not."""
    for modules in NOT_ASKED.values():
        assert not {"test_08_alike", "test_09_policy"} & set(modules)
    takeover = {kind for kind, module, case, _ in LISTED if case == "test_somebody_elses_client_id"}
    assert takeover == {"mosquitto"}


def test_documented() -> None:
    """docs/brokers.md has the list as it is, with the vendors' words; and every reason is some case's."""
    text = (REPOSITORY / "docs" / "brokers.md").read_text("utf-8")
    assert text.count(BEGIN) == 1
    listed = text[text.index(BEGIN) :]
    assert listed[: len(render())] == render(), "python -m tests.conformance.exceptions"
    assert {reason for *_, reason in LISTED} == set(REASONS)
