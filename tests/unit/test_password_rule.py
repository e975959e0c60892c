"""The rule for new passwords."""

import pytest

from chat_core.domain.password_rule import MAX_LENGTH, PasswordFault, find_fault


@pytest.mark.parametrize(
    "password",
    [
        "four small words here",
        "xK9#mq2L-vv7T",
        "o parolă cu patru cuvinte",
        "correct horse battery" + "x" * 900,
    ],
)
def test_taken(password: str) -> None:
    """A few words, or what a manager makes, is taken, however long."""
    assert find_fault(password, "a-ana") is None


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", PasswordFault.SHORT),
        ("password12", PasswordFault.SHORT),
        ("1234567890", PasswordFault.SHORT),
        ("xK9#mq2L-v7", PasswordFault.SHORT),
        ("x" * (MAX_LENGTH + 1), PasswordFault.LONG),
        ("password1234", PasswordFault.COMMON),
        ("123456789012", PasswordFault.COMMON),
        ("qwertyuiop12", PasswordFault.COMMON),
        ("iloveyou1234", PasswordFault.COMMON),
        ("P@ssw0rd1234", PasswordFault.COMMON),
        ("aaaaaaaaaaaa", PasswordFault.COMMON),
        ("wattline2026", PasswordFault.COMMON),
        ("my a-ana is a fine one", PasswordFault.COMMON),
    ],
)
def test_refused(password: str, fault: PasswordFault) -> None:
    """Fewer than 12 characters, common passwords and what is made of them, and the agent's own id are refused."""
    assert find_fault(password, "a-ana") is fault
