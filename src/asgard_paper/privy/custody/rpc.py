"""Signing requests: the checks in the service's order, then one signature.

Wallet exists, body has the documented shape, deadline not past, idempotent replay, authorization
signature, content is well formed, policy, signature, rolling sums, reply kept for replay.
"""

import base64
import binascii
from dataclasses import dataclass

from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from asgard_paper.kernel.clock import Clock
from asgard_paper.privy.authorization import load_key
from asgard_paper.privy.calls import Call, Reply
from asgard_paper.privy.custody.controls import Controls
from asgard_paper.privy.custody.quorums import Quorums
from asgard_paper.privy.custody.wallets import Wallets
from asgard_paper.privy.facts import ethereum, solana, typed_data
from asgard_paper.privy.idempotency import Idempotency
from asgard_paper.privy.policies import Decision, RpcRequest, evaluate
from asgard_paper.privy.records import ETHEREUM, SOLANA, Policy, Wallet
from asgard_paper.privy.refusals import (
    Refusal,
    malformed,
    violates_policy,
)
from asgard_paper.privy.wire import Fields

METHODS = {
    ETHEREUM: ("eth_signTransaction", "eth_signTypedData_v4", "personal_sign", "secp256k1_sign"),
    SOLANA: ("signTransaction", "signMessage"),
}
EXPORT = "exportPrivateKey"


@dataclass(frozen=True, slots=True)
class LastDecision:
    """Why the policy engine last said what it said; for tests and the control port."""

    wallet_id: str
    method: str
    decision: Decision


class Signer:
    """Answers `POST /v1/wallets/{id}/rpc` and `/export`."""

    def __init__(
        self,
        clock: Clock,
        wallets: Wallets,
        controls: Controls,
        quorums: Quorums,
        idempotency: Idempotency,
    ) -> None:
        self._clock = clock
        self._wallets = wallets
        self._controls = controls
        self._quorums = quorums
        self._idempotency = idempotency
        self.halted = False
        self.last_decision: LastDecision | None = None

    def rpc(self, call: Call, wallet_id: str) -> Reply:
        """Sign what the body asks for; raises Refusal with the status of the first failed check."""
        wallet = self._wallets.require(wallet_id)
        fields = Fields(call.body)
        self._check_shape(fields, wallet)
        call.check_expiry(self._clock.host_ms())
        kept = self._idempotency.replay(call)
        if kept is not None:
            return kept
        policies = self._authorize(call, wallet)
        try:
            reply = self._sign(fields, wallet, policies)
        except Refusal as refusal:
            if refusal.status >= 500:
                self._idempotency.keep(call, Reply(refusal.status, refusal.body()))
            raise
        self._idempotency.keep(call, reply)
        return reply

    def export(self, call: Call, wallet_id: str) -> Reply:
        """The private key, HPKE-sealed to the recipient: the owner's right, if policy allows."""
        wallet = self._wallets.require(wallet_id)
        fields = Fields(call.body)
        fields.choice("encryption_type", ("HPKE",))
        recipient = load_key(fields.text("recipient_public_key"))
        if recipient is None:
            raise malformed("recipient_public_key", "Expected base64 SPKI of a P-256 key")
        call.check_expiry(self._clock.host_ms())
        if wallet.owner_id is None:
            raise Refusal(400, "Wallets without an owner cannot be exported", "invalid_request")
        self._quorums.authorize(call, [wallet.owner_id], "wallet")
        request = RpcRequest(EXPORT, wallet.address)
        self._judge(wallet, request, self._policies(wallet.policy_ids))
        key: str = (
            self._wallets.ethereum_key(wallet.id).exported()
            if wallet.chain_type == ETHEREUM
            else self._wallets.solana_key(wallet.id).exported()
        )
        suite = CipherSuite.new(
            KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305
        )
        encapsulated, sender = suite.create_sender_context(
            KEMKey.from_pyca_cryptography_key(recipient)
        )
        self._wallets.mark_exported(wallet)
        return Reply(
            200,
            {
                "encryption_type": "HPKE",
                "encapsulated_key": base64.b64encode(encapsulated).decode(),
                "ciphertext": base64.b64encode(sender.seal(key.encode())).decode(),
            },
        )

    def _check_shape(self, fields: Fields, wallet: Wallet) -> None:
        method = fields.raw("method")
        allowed = METHODS[wallet.chain_type]
        if method not in allowed:
            expected = " | ".join(f"'{name}'" for name in allowed)
            raise malformed("method", f"Invalid discriminator value. Expected {expected}")
        if fields.raw("chain_type") is not None:
            fields.choice("chain_type", (wallet.chain_type,))
        params = fields.object("params")
        if method == "eth_signTransaction":
            params.object("transaction")
        elif method == "eth_signTypedData_v4":
            data = params.object("typed_data")
            for name in ("domain", "types", "message"):
                data.object(name)
            data.text("primary_type")
        elif method == "personal_sign":
            params.text("message", least=0)
            params.choice("encoding", ("utf-8", "hex"))
        elif method == "secp256k1_sign":
            params.text("hash")
        else:
            params.text("transaction" if method == "signTransaction" else "message", least=0)
            params.choice("encoding", ("base64",))

    def _authorize(self, call: Call, wallet: Wallet) -> list[Policy]:
        """The policies the request stands under: the signer's override, else the wallet's."""
        if wallet.owner_id is None:
            return self._policies(wallet.policy_ids)
        grants = {grant.signer_id: grant for grant in wallet.additional_signers}
        who = self._quorums.authorize(call, [wallet.owner_id, *grants], "wallet")
        if who != wallet.owner_id and grants[who].override_policy_ids:
            return self._policies(grants[who].override_policy_ids)
        return self._policies(wallet.policy_ids)

    def _policies(self, policy_ids: list[str]) -> list[Policy]:
        return [self._controls.policy(policy_id) for policy_id in policy_ids]

    def _sign(self, fields: Fields, wallet: Wallet, policies: list[Policy]) -> Reply:
        request = _parsed(fields, wallet)
        self._judge(wallet, request, policies)
        if self.halted:
            raise Refusal(503, "Signing is temporarily unavailable", "service_unavailable")
        if wallet.chain_type == ETHEREUM:
            data = self._ethereum(request, wallet)
        else:
            data = self._solana(request, wallet)
        self._controls.record([*policies, *self._policies(wallet.policy_ids)], request)
        return Reply(200, {"method": request.method, "data": data})

    def _judge(self, wallet: Wallet, request: RpcRequest, policies: list[Policy]) -> None:
        state = self._controls.state()
        for policy in policies:
            decision = evaluate(policy, request, state)
            self.last_decision = LastDecision(wallet.id, request.method, decision)
            if not decision.allowed:
                raise violates_policy()

    def _ethereum(self, request: RpcRequest, wallet: Wallet) -> dict[str, str]:
        key = self._wallets.ethereum_key(wallet.id)
        if request.transaction is not None:
            return {
                "encoding": "rlp",
                "signed_transaction": key.sign_transaction(request.transaction),
            }
        if request.typed_data is not None:
            return {"encoding": "hex", "signature": key.sign_typed_data(request.typed_data)}
        message = request.message or b""
        sign = key.sign_hash if request.method == "secp256k1_sign" else key.sign_message
        return {"encoding": "hex", "signature": sign(message)}

    def _solana(self, request: RpcRequest, wallet: Wallet) -> dict[str, str]:
        key = self._wallets.solana_key(wallet.id)
        if request.solana is not None:
            signed = key.sign_transaction(request.solana)
            return {"encoding": "base64", "signed_transaction": signed}
        return {"encoding": "base64", "signature": key.sign_message(request.message or b"")}


def _parsed(fields: Fields, wallet: Wallet) -> RpcRequest:
    method, params = fields.text("method"), fields.object("params")
    if method == "eth_signTransaction":
        transaction = ethereum.parse_transaction(params.object("transaction"))
        if transaction.sender not in (None, wallet.address.lower()):
            raise malformed("params.transaction.from", "Not the wallet's address")
        return RpcRequest(method, wallet.address, transaction=transaction)
    if method == "eth_signTypedData_v4":
        data = typed_data.parse_typed_data(params.object("typed_data"))
        return RpcRequest(method, wallet.address, typed_data=data)
    if method == "signTransaction":
        raw = _base64(params, "transaction")
        parsed = solana.parse_transaction(raw)
        if parsed is None:
            raise Refusal(400, "Invalid Solana transaction", "invalid_solana_transaction")
        return RpcRequest(method, wallet.address, solana=parsed)
    if method == "signMessage":
        return RpcRequest(method, wallet.address, message=_base64(params, "message"))
    if method == "secp256k1_sign":
        digest = _hex(params, "hash")
        if len(digest) != 32:
            raise malformed("params.hash", f"Expected 32 bytes, was {len(digest)}")
        return RpcRequest(method, wallet.address, message=digest)
    text = params.text("message", least=0)
    message = text.encode() if params.text("encoding") == "utf-8" else _hex(params, "message")
    return RpcRequest(method, wallet.address, message=message)


def _base64(params: Fields, name: str) -> bytes:
    try:
        return base64.b64decode(params.text(name, least=0), validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed(params.path(name), "Invalid base64") from error


def _hex(params: Fields, name: str) -> bytes:
    try:
        return bytes.fromhex(params.text(name, least=0).removeprefix("0x"))
    except ValueError as error:
        raise malformed(params.path(name), "Invalid hex string") from error
