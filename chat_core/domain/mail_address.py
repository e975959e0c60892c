"""Check and normalize e-mail addresses."""

from chat_core.contract.errors import BadPayload


def parse_mail_address(text: str) -> str:
    """Return the address with its domain in lower case and in ASCII. Raises: BadPayload."""
    from email_validator import EmailNotValidError, validate_email  # every process would take 24 ms longer to start

    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as err:
        raise BadPayload(f"This is not an e-mail address: {err}", why="bad_address") from err
    return found.ascii_email or found.normalized


def same_mail_address(one: str, other: str) -> bool:
    """Return whether both reach one mailbox. Servers of today ignore case, though RFC 5321 §2.4 allows a difference."""
    return one.lower() == other.lower()


def masked(address: str) -> str:
    """Return the address with its local part hidden but for the first letter."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
