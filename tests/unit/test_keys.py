"""What the installation's secrets promise."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat_core.keys import SIGNING_KEYS_KEPT, Keys


def test_made_once_and_kept(tmp_path: Path) -> None:
    """The first start makes the secrets, every later one reads the same; two installations share none."""
    first = Keys.open(tmp_path / "a")
    assert Keys.open(tmp_path / "a") == first
    other = Keys.open(tmp_path / "b")
    secrets = {first.password, first.flask, first.demo_portal, *first.signing.values()}
    assert len(secrets) == 4
    assert not secrets & {other.password, other.flask, other.demo_portal, *other.signing.values()}


def test_only_the_owner_reads(tmp_path: Path) -> None:
    """Nobody else on the machine can read the secrets, and no repr shows them."""
    keys = Keys.open(tmp_path)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys" / "keys.json").stat().st_mode) == 0o600
    assert repr(keys.password) not in repr(keys)
    assert not list((tmp_path / "keys").glob("keys.[!j]*"))


def test_started_together_they_agree(tmp_path: Path) -> None:
    """Processes that start at the same moment end up with the same secrets."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Keys.open(tmp_path), range(16)))
    assert all(keys == found[0] for keys in found)


def test_rotation_keeps_the_old_keys_for_a_while(tmp_path: Path) -> None:
    """A rotation adds a key that signs; the last ones before it still verify; the password key does not change."""
    before = Keys.open(tmp_path)
    after = Keys.rotate(tmp_path)
    assert after.newest_kid not in before.signing
    assert after.signing[before.newest_kid] == before.signing[before.newest_kid]
    assert (after.password, after.flask) == (before.password, before.flask)
    for _ in range(SIGNING_KEYS_KEPT):
        after = Keys.rotate(tmp_path)
    assert len(after.signing) == SIGNING_KEYS_KEPT
    assert before.newest_kid not in after.signing


@pytest.mark.parametrize("text", ["", "[]", "{", '{"signing": []}', json.dumps({"signing": [], "password": "x"})])
def test_unreadable_secrets_are_not_replaced(tmp_path: Path, text: str) -> None:
    """A damaged file stops the start; it is left for a person to look at."""
    Keys.open(tmp_path)
    file = tmp_path / "keys" / "keys.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"keys\.json"):
        Keys.open(tmp_path)
    assert file.read_text() == text
