"""Names of people, connections and messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_core.contract import ids
from chat_core.contract.errors import BadId
from chat_core.contract.ids import Role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("c-42", Role.CLIENT),
        ("g-7f3a", Role.CLIENT),
        ("a-ana", Role.AGENT),
        ("b-rules", Role.BOT),
        ("d-hall", Role.DEVICE),
        ("s-bridge", Role.SERVICE),
    ],
)
def test_the_prefix_tells_the_role(name: str, role: Role) -> None:
    """An id's first letter says who it speaks for."""
    assert ids.role_of(name) is role


@pytest.mark.parametrize(
    "name",
    [
        "",
        "c",
        "c-",
        "42",
        "x-42",
        "C-42",
        "c_42",
        "c-a b",
        "c-ă",
        "c-42\n",
        "c-42/x",
        "c-+",
        "c-#",
        "c-" + "x" * 31,
        "c-.x",
    ],
)
def test_what_is_out_of_form_is_no_id(name: str) -> None:
    """Wildcards, separators, other scripts and over-long names cannot become a user name."""
    assert not ids.is_id(name)
    with pytest.raises(BadId):
        ids.check_id(name)


def test_an_id_of_another_role_is_refused_where_a_role_is_asked() -> None:
    """check_id with roles takes those roles only."""
    assert ids.check_id("a-ana", Role.AGENT, Role.BOT) == "a-ana"
    with pytest.raises(BadId):
        ids.check_id("c-42", Role.AGENT)


@given(st.binary(min_size=16, max_size=16))
def test_a_client_id_names_its_user_and_128_random_bits(entropy: bytes) -> None:
    """`username_of` undoes `new_client_id`, and no two draws of entropy share a client id."""
    client_id = ids.new_client_id("c-42", entropy)
    assert ids.username_of(client_id) == "c-42"
    assert len(client_id) == len("c-42:") + 22


@pytest.mark.parametrize("client_id", ["", "c-42", "c-42:", ":x", "c 42:x", "42:x"])
def test_a_client_id_without_its_user_is_refused(client_id: str) -> None:
    """A client id that does not start with an id and a colon proves nothing and is refused."""
    with pytest.raises(BadId):
        ids.username_of(client_id)


@given(st.integers(0, 2**48 - 2), st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_message_ids_sort_by_time(now_ms: int, one: bytes, other: bytes) -> None:
    """A message id made later sorts later, whatever the entropy."""
    earlier, later = ids.new_message_id(now_ms, one), ids.new_message_id(now_ms + 1, other)
    assert earlier < later
