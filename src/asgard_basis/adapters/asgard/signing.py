"""From a stranger's transactions to signed ones: decode, judge, simulate, judge, then sign.

No signature is asked for before every transaction of the answer has passed every check.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from solders.transaction import VersionedTransaction

from asgard_basis.domain.errors import ErrorCode, Refused
from asgard_basis.domain.identifiers import TransactionSignature
from asgard_basis.domain.treasury.allowlist import TransactionValidator
from asgard_basis.domain.treasury.mandate import Mandate, Violation
from asgard_basis.domain.treasury.transaction import Malformed
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.venues import Admit
from asgard_basis.ports.wallets import SolanaSigner, Wallet

_TRANSACTIONS_MAX = 5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Signed:
    """Transactions that passed and were signed."""

    transactions: tuple[str, ...]
    """Base64."""
    signatures: tuple[TransactionSignature, ...]
    """One for each, by which the chain knows it."""


class CheckedSigner:
    """Signs what a mandate allows and nothing else."""

    def __init__(self, *, chain: SolanaChain, signer: SolanaSigner) -> None:
        self._chain = chain
        self._signer = signer

    async def sign(
        self,
        owner: Wallet,
        offered: Sequence[object],
        mandate: Mandate,
        admit: Admit | None = None,
    ) -> Signed:
        """The offered transactions, signed; raises Refused ASG-0010 naming every violation.

        `admit` is asked right before the signatures are, and raises what forbids them.
        """
        raws = [_decoded(each) for each in offered]
        if not 1 <= len(raws) <= _TRANSACTIONS_MAX:
            raise _refused([], f"{len(raws)} transactions were offered")
        validator = TransactionValidator(mandate)
        decoded = [await self._chain.decode(raw) for raw in raws]
        if violations := validator.check(decoded):
            raise _refused(violations)
        effects = [await self._chain.simulate(raw, mandate.owner) for raw in raws]
        if violations := validator.check_effects(effects):
            raise _refused(violations)
        for each in decoded:
            _log.info("transaction_allowed", owner=mandate.owner, message_hash=each.message_hash)
        if admit is not None:
            await admit()
        signed = [await self._signer.sign_transaction(owner, raw) for raw in raws]
        return Signed(
            transactions=tuple(base64.b64encode(raw).decode() for raw in signed),
            signatures=tuple(_signature(raw) for raw in signed),
        )


def _signature(signed: bytes) -> TransactionSignature:
    return TransactionSignature(str(VersionedTransaction.from_bytes(signed).signatures[0]))


def _decoded(offered: object) -> bytes:
    try:
        if isinstance(offered, str):
            return base64.b64decode(offered, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise Refused(
        ErrorCode.TRANSACTION_REFUSED,
        "the transaction offered for signing is not base64",
        {"violation": Malformed.BASE64.value},
    )


def _refused(violations: Sequence[Violation], reason: str | None = None) -> Refused:
    names = sorted({violation.breach.value for violation in violations})
    _log.error("transaction_refused", violations=[str(v) for v in violations], reason=reason)
    told = reason or "; ".join(str(violation) for violation in violations)
    return Refused(
        ErrorCode.TRANSACTION_REFUSED,
        f"the transaction offered for signing is not acceptable: {told}",
        {"violation": ", ".join(names) or "unexpected_offer"},
    )
