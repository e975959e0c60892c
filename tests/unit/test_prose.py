"""Prose of Python: docstrings begin with a verb, and no private metaphor names a thing."""

import ast
import functools
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.real.parts import REPOSITORY

CLEANED = ("bridge", "broker", "chat_core", "web")
NOUN_CLAUSE = re.compile(r"(?:Who|What|Whether|How|Which|Where|When)\w*\b")
PROMISES = tuple(
    f"tests/{name}" for name in ("bench", "chaos", "conformance", "contract", "e2e", "integration", "unit")
)
# Each is one thing at two layers, beside a module that says which.
SHARED_NAMES = frozenset({"Client", "Connection", "Log"})
METAPHORS = frozenset({"house", "room", "floor", "door", "stranger", "doorstep", "bell", "cast", "whereabouts"})


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def trees(folders: tuple[str, ...] = CLEANED) -> Iterator[tuple[str, ast.Module]]:
    """Yield path and syntax tree of each module of the folders."""
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            file = path.relative_to(REPOSITORY).as_posix()
            if "node_modules" not in path.parts:
                yield file, parsed(path)


def documented(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield name and docstring of the module and of each class and function in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "name", "module"), text


def names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def metaphors(text: str) -> set[str]:
    """Return the listed metaphors among the words of a text or an identifier, singular or plural."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)}
    return {word for word in METAPHORS if word in words or f"{word}s" in words}


def test_docstrings_begin_with_a_verb() -> None:
    """No docstring, of the product or of its tests, is a noun clause."""
    texts = [(file, name, text) for file, tree in trees(CLEANED + PROMISES) for name, text in documented(tree)]
    assert texts
    assert [(file, name, text.splitlines()[0]) for file, name, text in texts if NOUN_CLAUSE.match(text)] == []


def test_no_metaphors() -> None:
    """Names and docstrings of the product, and promises of tests, use the field's words."""
    texts = [(file, name, text) for file, tree in trees(CLEANED + PROMISES) for name, text in documented(tree)]
    texts += [(file, name, name) for file, tree in trees() for name in names(tree)]
    found = [(file, name, sorted(metaphors(text))) for file, name, text in texts]
    assert [one for one in found if one[-1]] == []


def test_class_names_stand_for_one_thing() -> None:
    """No two modules, tests and their helpers included, define a class of the same name, but for the listed ones."""
    listed = subprocess.check_output(["git", "ls-files", "*.py"], cwd=REPOSITORY, text=True).split()
    defined = Counter(
        node.name
        for file in listed
        for node in ast.walk(parsed(REPOSITORY / file))
        if isinstance(node, ast.ClassDef) and node.name != "Meta" and not node.name.startswith("Test")
    )
    assert {name for name, count in defined.items() if count > 1} - SHARED_NAMES == set()
