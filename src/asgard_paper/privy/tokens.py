"""Access tokens: ES256 JWTs and the key set to verify them with."""

import base64
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from asgard_paper.privy.ids import Secrets
from asgard_paper.privy.records import User

ISSUER = "privy.io"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Tokens:
    """Signs and reads the app's tokens; the key is a function of the seed."""

    def __init__(self, secrets: Secrets, app_id: str) -> None:
        number = int.from_bytes(secrets.derive("token signing key"), "big")
        self._key = ec.derive_private_key(number % (P256_ORDER - 1) + 1, ec.SECP256R1())
        self._app_id = app_id
        self._public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._key_id = _text(hashlib.sha256(self._public).digest())

    @property
    def verification_key(self) -> str:
        """The public key as SPKI PEM."""
        return self._public.decode()

    def jwks(self) -> dict[str, object]:
        """The JSON Web Key Set."""
        numbers = self._key.public_key().public_numbers()
        return {
            "keys": [
                {
                    "kty": "EC",
                    "crv": "P-256",
                    "x": _text(numbers.x.to_bytes(32, "big")),
                    "y": _text(numbers.y.to_bytes(32, "big")),
                    "kid": self._key_id,
                    "use": "sig",
                    "alg": "ES256",
                }
            ]
        }

    def access(self, user_id: str, session_id: str, issued_at: int, lifetime: int) -> str:
        """An access token; times in Unix seconds."""
        return self.sign(
            {
                "sid": session_id,
                "iss": ISSUER,
                "iat": issued_at,
                "aud": self._app_id,
                "sub": user_id,
                "exp": issued_at + lifetime,
            }
        )

    def identity(self, user: User, issued_at: int, lifetime: int) -> str:
        """An identity token: the linked accounts as reduced JSON text; times in Unix seconds."""
        accounts = [
            {"type": account.type, "address": account.address, "lv": account.latest_verified_at}
            for account in user.accounts
        ]
        return self.sign(
            {
                "cr": str(user.created_at),
                "linked_accounts": _json(accounts).decode(),
                "iss": ISSUER,
                "iat": issued_at,
                "aud": self._app_id,
                "sub": user.id,
                "exp": issued_at + lifetime,
            }
        )

    def sign(self, claims: dict[str, object]) -> str:
        """A JWT of these claims; the same claims give the same token."""
        header = {"alg": "ES256", "typ": "JWT", "kid": self._key_id}
        body = f"{_text(_json(header))}.{_text(_json(claims))}"
        der = self._key.sign(body.encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return f"{body}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def read(self, token: str) -> dict[str, object] | None:
        """The claims of a token we signed, expired or not; None for anything else."""
        try:
            header, claims, signature = token.split(".")
            raw = _bytes(signature)
            der = encode_dss_signature(
                int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
            )
            self._key.public_key().verify(
                der, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
            )
            found = json.loads(_bytes(claims))
        except (ValueError, InvalidSignature):
            return None
        return found if isinstance(found, dict) else None


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
