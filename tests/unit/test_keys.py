"""The installation's secrets."""

import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat_core.runtime.keys import KEPT_FOR_S, KeyRing, Keys


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


def test_rotation_keeps_the_old_keys(tmp_path: Path) -> None:
    """A rotation adds a key that signs; however many there were, those before it verify; the others do not change."""
    kept = [Keys.open(tmp_path)]
    for _ in range(5):
        kept.append(Keys.rotate(tmp_path))
    after = kept[-1]
    assert list(after.signing) == [keys.newest_kid for keys in kept]
    assert all(keys.signing.items() <= after.signing.items() for keys in kept)
    assert (after.password, after.flask, after.demo_portal) == (kept[0].password, kept[0].flask, kept[0].demo_portal)


def test_key_goes_when_all_it_signed_has_ended(tmp_path: Path) -> None:
    """A key leaves the file once the longest-lived token that it can have signed is over, and not before."""
    began_s = int(time.time())
    first = Keys.open(tmp_path).newest_kid
    second = Keys.rotate(tmp_path, now_s=began_s + 10).newest_kid
    assert first in Keys.rotate(tmp_path, now_s=began_s + KEPT_FOR_S).signing
    after = Keys.rotate(tmp_path, now_s=began_s + 10 + KEPT_FOR_S).signing
    assert first not in after
    assert second in after


def test_leaked_keys_are_dropped_at_once(tmp_path: Path) -> None:
    """Without the old keys, only the new one is left; Mosquitto's and the cookies' stay."""
    before = Keys.rotate(tmp_path)
    after = Keys.rotate(tmp_path, keep_old=False)
    assert not before.signing.keys() & after.signing.keys()
    assert len(after.signing) == 1
    assert (after.password, after.flask) == (before.password, before.flask)


def test_ring_sees_a_rotation_at_once(tmp_path: Path) -> None:
    """A key ring has the new key at the next look, and the same object while nothing changes."""
    ring = KeyRing(tmp_path)
    before = ring.now()
    assert ring.now() is before
    after = Keys.rotate(tmp_path)
    assert ring.now() == after != before


def test_ring_outlives_a_bad_file(tmp_path: Path) -> None:
    """A file that is gone or damaged while we run costs nothing; a good one is taken again."""
    ring = KeyRing(tmp_path)
    before, file = ring.now(), tmp_path / "keys" / "keys.json"
    text = file.read_text()
    file.unlink()
    assert ring.now() is before
    file.write_text("{")
    assert ring.now() is before
    file.unlink()
    file.write_text(text)
    after = Keys.rotate(tmp_path)
    assert ring.now() == after


@pytest.mark.parametrize("text", ["", "[]", "{", '{"signing": []}', json.dumps({"signing": [], "password": "x"})])
def test_unreadable_secrets_are_not_replaced(tmp_path: Path, text: str) -> None:
    """A damaged file stops the start; it is left for a person to look at."""
    Keys.open(tmp_path)
    file = tmp_path / "keys" / "keys.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"keys\.json"):
        Keys.open(tmp_path)
    assert file.read_text() == text
