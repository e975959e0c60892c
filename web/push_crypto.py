"""
Encrypt a Web Push message (RFC 8291) and sign its request (RFC 8292). Random bytes and times are arguments.

`http_ece` encrypts and PyJWT signs. pywebpush would bring two HTTP clients that connect to any address.
"""

import base64
from typing import Final
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE: Final = ec.SECP256R1()
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, SEC 2 §2.4.2
AUTH_BYTES: Final = 16
SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4_096  # every push service takes one record of this size
SPENT_BYTES: Final = 17  # of a record: the delimiter and the tag (RFC 8188 §2)
TOKEN_S: Final = 12 * 3_600  # RFC 8292 §2: at most 24 hours
SPARE_BYTES: Final = 48  # FIPS 186-5 §A.2.1: 64 bits more than the order, so that no key is likelier


def encode(value: bytes) -> str:
    """Return base64url without padding, as browsers and push services write it."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url with or without padding. Raises: ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def derive_server_key(secret: bytes, epoch: int) -> ec.EllipticCurvePrivateKey:
    """Return the key that identifies this installation to push services: the same on every host for one epoch."""
    derived = HKDF(hashes.SHA256(), SPARE_BYTES, b"", f"wattline push {epoch}".encode()).derive(secret)
    value = int.from_bytes(derived)
    return ec.derive_private_key(value % (ORDER - 1) + 1, CURVE)


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as an uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def check_keys(p256dh: str, auth: str) -> None:
    """Check a browser's public key and secret. Raises: ValueError."""
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(p256dh))
    if len(decode(auth)) != AUTH_BYTES:
        raise ValueError(f"auth has {AUTH_BYTES} bytes")


def encrypt(
    content: bytes, p256dh: str, auth: str, *, once: ec.EllipticCurvePrivateKey, salt: bytes, padded: int = 0
) -> bytes:
    """
    Return the body of a request, `Content-Encoding: aes128gcm`, which only this browser can read.

    Args: once: a fresh key; salt: 16 random bytes; padded: with spaces, which JSON ignores, to this many bytes, so that
        the length tells nothing. `http_ece` has no padding of its own.
    Source: RFC 8291.
    """
    record = content.ljust(padded)
    if len(record) > RECORD_BYTES - SPENT_BYTES:
        raise ValueError("the content is larger than a record")
    body: bytes = http_ece.encrypt(
        record, salt=salt, private_key=once, dh=decode(p256dh), auth_secret=decode(auth), rs=RECORD_BYTES
    )
    return body


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str | None, now_s: int) -> str:
    """
    Return the Authorization header, which names this installation to the push service.

    Args: contact: the operator's https: or mailto: URL, if there is one.
    """
    place = urlsplit(endpoint)
    claims = {"aud": f"{place.scheme}://{place.netloc}", "exp": now_s + TOKEN_S}
    token = jwt.encode(claims | ({"sub": contact} if contact else {}), key, algorithm="ES256")
    return f"vapid t={token}, k={encode(public_bytes(key))}"
