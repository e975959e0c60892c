"""
Encrypt a Web Push message (RFC 8291) and sign its request (RFC 8292). Random bytes and times are arguments.

The `cryptography` package does the cryptography. pywebpush would bring two HTTP clients that connect to any address.
"""

import base64
from typing import Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE: Final = ec.SECP256R1()
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, SEC 2 §2.4.2
POINT_BYTES: Final = 65  # uncompressed: 4, x, y
AUTH_BYTES: Final = 16
SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4_096  # every push service takes one record of this size
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
    value = int.from_bytes(_hkdf(secret, b"", f"wattline push {epoch}".encode(), SPARE_BYTES))
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

    Args: once: a fresh key; salt: 16 random bytes; padded: to this many bytes, so that the length tells nothing.
    Source: RFC 8291 §3.4, RFC 8188 §2.
    """
    theirs, ours = decode(p256dh), public_bytes(once)
    shared = once.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
    ikm = _hkdf(shared, decode(auth), b"WebPush: info\0" + theirs + ours, 32)
    key = _hkdf(ikm, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(ikm, salt, b"Content-Encoding: nonce\0", 12)
    record = (content + b"\x02").ljust(padded, b"\0")  # 2: the last record
    sealed = AESGCM(key).encrypt(nonce, record, None)
    if len(sealed) > RECORD_BYTES:
        raise ValueError("the content is larger than a record")
    return salt + RECORD_BYTES.to_bytes(4) + bytes([POINT_BYTES]) + ours + sealed


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str | None, now_s: int) -> str:
    """
    Return the Authorization header, which names this installation to the push service.

    Args: contact: the operator's https: or mailto: URL, if there is one.
    """
    place = urlsplit(endpoint)
    claims = {"aud": f"{place.scheme}://{place.netloc}", "exp": now_s + TOKEN_S}
    token = jwt.encode(claims | ({"sub": contact} if contact else {}), key, algorithm="ES256")
    return f"vapid t={token}, k={encode(public_bytes(key))}"


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
