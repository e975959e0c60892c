"""A defect costs only the work that a guard names; no other code stops every exception."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from chat_core.contract.errors import StoreDown
from chat_core.runtime import guarded as module
from chat_core.runtime.guarded import guarded

REPOSITORY = Path(module.__file__).resolve().parents[2]


def counted(name: str) -> float:
    return REGISTRY.get_sample_value("wattline_faults_total", {"guarded": name}) or 0.0


def test_a_defect_is_named_logged_and_counted() -> None:
    """A guard stops a defect, counts it and logs its name and place without its text."""
    with capture_logs() as logged, guarded("test", client="c-1") as guard:
        raise ValueError("a text that somebody wrote")
    assert isinstance(guard.fault, ValueError)
    assert counted("test") == 1
    (entry,) = logged
    assert entry.pop("where").startswith("test_guarded.py:")
    assert entry == {"event": "fault", "log_level": "error", "guarded": "test", "fault": "ValueError", "client": "c-1"}


def test_what_is_no_defect_goes_on_up() -> None:
    """Exceptions that the guard was told of, and the ends of processes, are not stopped and not counted."""
    for fault in (StoreDown("gone"), KeyboardInterrupt()):
        with pytest.raises(type(fault)), guarded("passing", StoreDown):
            raise fault
    assert counted("passing") == 0


def test_a_guard_is_used_again() -> None:
    """After a defect the same guard guards the next piece of work, and knows of no fault when that went through."""
    guard = guarded("again")
    with guard:
        raise ValueError
    with guard:
        pass
    assert guard.fault is None


def _broad(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {
                one.id if isinstance(one, ast.Name) else "" if one is not None else "BaseException" for one in caught
            }
            last = node.body[-1]
            if names & {"Exception", "BaseException"} and not (isinstance(last, ast.Raise) and last.exc is None):
                yield f"{file.relative_to(REPOSITORY)}:{node.lineno}"


def test_nothing_else_stops_every_exception() -> None:
    """No code of the product catches Exception and goes on: it guards, or raises it again after cleaning up."""
    files = [
        file for folder in ("chat_core", "broker", "bridge", "web") for file in (REPOSITORY / folder).rglob("*.py")
    ]
    assert [place for file in files if "node_modules" not in file.parts for place in _broad(file)] == []
