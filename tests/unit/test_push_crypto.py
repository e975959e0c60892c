"""Web Push: encryption, the server's key, and the header that names the server."""

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from web import push_crypto
from web.push_crypto import CURVE, decode, encode

THEIRS = ec.derive_private_key(int.from_bytes(decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")), CURVE)
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
ONCE = ec.derive_private_key(int.from_bytes(decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), CURVE)
SALT = decode("DGv6ra1nlYgDCS1FRnbzlw")
ENDPOINT = "https://push.example.net:8443/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"


def test_the_example_of_the_standard() -> None:
    """RFC 8291 §5: these keys, this salt and these words give these bytes."""
    body = push_crypto.encrypt(b"When I grow up, I want to be a watermelon", P256DH, AUTH, once=ONCE, salt=SALT)
    assert encode(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6"
        "PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_padding_hides_the_length() -> None:
    """Short and long content give bodies of one length, and are read with nothing but spaces behind them."""
    bodies = [
        push_crypto.encrypt(content, P256DH, AUTH, once=ONCE, salt=SALT, padded=1_000) for content in (b"a", b"b" * 900)
    ]
    assert len({len(body) for body in bodies}) == 1
    read = [http_ece.decrypt(body, private_key=THEIRS, auth_secret=decode(AUTH)) for body in bodies]
    assert [content.rstrip(b" ") for content in read] == [b"a", b"b" * 900]
    with pytest.raises(ValueError, match="record"):
        push_crypto.encrypt(b"a" * 4_080, P256DH, AUTH, once=ONCE, salt=SALT)


def test_the_server_key_lasts_until_it_is_changed() -> None:
    """All hosts with one secret have one key; the next epoch, and another secret, have another."""
    keys = [
        push_crypto.derive_server_key(*each) for each in ((b"s" * 32, 0), (b"s" * 32, 0), (b"s" * 32, 1), (b"t", 0))
    ]
    first, same, later, other = (push_crypto.public_bytes(key) for key in keys)
    assert first == same and len({first, later, other}) == 3 and len(first) == 65


def test_the_server_names_itself() -> None:
    """RFC 8292: a token for this push service alone, for less than a day, which the key beside it verifies."""
    key = push_crypto.derive_server_key(b"s" * 32, 0)
    header = push_crypto.authorization(key, ENDPOINT, "https://chat.example", 1_000)
    scheme, token, public = header.replace(",", "").split(" ")
    assert (scheme, public) == ("vapid", f"k={encode(push_crypto.public_bytes(key))}")
    claims = jwt.decode(
        token.removeprefix("t="),
        key.public_key(),
        ["ES256"],
        audience="https://push.example.net:8443",
        options={"verify_exp": False},
    )
    assert claims == {"aud": "https://push.example.net:8443", "exp": 44_200, "sub": "https://chat.example"}


@pytest.mark.parametrize(("p256dh", "auth"), [(P256DH[:-4], AUTH), (AUTH, AUTH), (P256DH, AUTH[:-4]), ("@", AUTH)])
def test_wrong_keys_are_found(p256dh: str, auth: str) -> None:
    """A key that is no point of the curve, and a secret of another length, are refused."""
    with pytest.raises(ValueError):
        push_crypto.check_keys(p256dh, auth)
