"""Request authorization signatures: which P-256 keys have signed this request.

The signed bytes are RFC 8785 JSON of {version, method, url, body, headers}; signatures are base64
DER ECDSA over SHA-256. Clients differ in how they write an empty body, so both forms count.
"""

import base64
import binascii
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from asgard_paper.privy.calls import Call
from asgard_paper.privy.wire import canonical_json

SIGNATURES_MAX = 20


def payloads(call: Call) -> list[bytes]:
    """Every byte string this request's signature may honestly cover."""
    headers = {"privy-app-id": call.app_id}
    if call.idempotency_key is not None:
        headers["privy-idempotency-key"] = call.idempotency_key
    if call.request_expiry is not None:
        headers["privy-request-expiry"] = call.request_expiry
    bodies = [call.body] if call.body not in ({}, [], "") else [{}, ""]
    return [
        canonical_json(
            {"version": 1, "method": call.method, "url": url, "body": body, "headers": headers}
        )
        for url in call.urls
        for body in bodies
    ]


def signed_by(call: Call, keys: Iterable[str]) -> frozenset[str]:
    """Those of `keys` (base64 SPKI) that have signed; a key that signed twice counts once."""
    messages = payloads(call)
    signatures = [_decoded(text) for text in call.signatures[:SIGNATURES_MAX]]
    found = set()
    for key in keys:
        public = load_key(key)
        if public is None:
            continue
        if any(
            signature is not None and _verifies(public, signature, message)
            for signature in signatures
            for message in messages
        ):
            found.add(key)
    return frozenset(found)


def load_key(key: str) -> ec.EllipticCurvePublicKey | None:
    """The P-256 public key in base64 SPKI or PEM text, None if it is anything else."""
    body = "".join(line for line in key.splitlines() if not line.startswith("-----"))
    raw = _decoded(body)
    if raw is None:
        return None
    try:
        public = serialization.load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        return None
    return public


def normal_key(key: str) -> str | None:
    """The one spelling of a public key we store, None if it is not a P-256 key."""
    public = load_key(key)
    if public is None:
        return None
    return base64.b64encode(
        public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    ).decode()


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None


def _verifies(public: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    try:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
