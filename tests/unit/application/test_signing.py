"""Nothing is signed that our policies forbid, or that the audit log does not know of first."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from asgard_basis.adapters.memory.unit_of_work import MemoryTransactions
from asgard_basis.adapters.privy.policies import PHANTOM_AGENT, PolicyCaps
from asgard_basis.adapters.privy.twinned_signers import (
    PolicyTwin,
    TwinnedEvmSigner,
    TwinnedSolanaSigner,
)
from asgard_basis.application.operations.audit import payload_hash
from asgard_basis.application.operations.duty import Duty, on_duty
from asgard_basis.application.operations.signing import (
    LoggedEvmSigner,
    LoggedSolanaSigner,
    SignatureLog,
)
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.domain.identifiers import JobId, PositionId
from asgard_basis.ports.oversight import AuditKind, AuditRecord
from asgard_basis.ports.wallets import TypedData, Wallet, WalletRole
from tests.builders_platform import a_wallet
from tests.unit.application.world import ADA, StillClock

AGENT = a_wallet("ada", WalletRole.AGENT)
DUTY = Duty(ADA, JobId("j"), PositionId("p"))
TRADE = TypedData(
    domain={
        "name": "Exchange",
        "version": "1",
        "chainId": 1337,
        "verifyingContract": "0x" + "0" * 40,
    },
    types=PHANTOM_AGENT["types"],
    primary_type="Agent",
    message={"source": "a", "connectionId": bytes(range(32))},
)


class Pen:
    """Signs everything, and notes what the log knew by then."""

    def __init__(self, transactions: MemoryTransactions) -> None:
        self._transactions = transactions
        self.known: list[int] = []

    async def sign_typed_data(self, _wallet: Wallet, _data: TypedData) -> bytes:
        self.known.append(len(await records(self._transactions)))
        return b"signature"

    async def sign_transaction(self, _wallet: Wallet, _transaction: Any) -> bytes:
        self.known.append(len(await records(self._transactions)))
        return b"signed"


async def records(transactions: MemoryTransactions) -> list[AuditRecord]:
    async with transactions.for_system() as work:
        return list(await work.audit.recent())


async def _no_agent(_wallet: Wallet) -> None:
    return None


TWIN = PolicyTwin(PolicyCaps(), _no_agent)


@pytest.fixture
def transactions() -> MemoryTransactions:
    return MemoryTransactions()


@pytest.fixture
def pen(transactions: MemoryTransactions) -> Pen:
    return Pen(transactions)


async def test_a_signature_is_in_the_log_before_it_is_made(
    transactions: MemoryTransactions, pen: Pen
) -> None:
    signer = LoggedEvmSigner(pen, SignatureLog(transactions, StillClock()))
    with on_duty(DUTY):
        assert await signer.sign_typed_data(AGENT, TRADE) == b"signature"
    assert pen.known == [1]
    (record,) = await records(transactions)
    entry = record.entry
    assert (entry.kind, entry.user_id) == (AuditKind.SIGNED, ADA)
    assert (entry.job_id, entry.position_id) == (DUTY.job_id, DUTY.position_id)
    assert entry.body["wallet"] == "agent"
    assert len(entry.body["sha256"]) == 64


async def test_bytes_are_hashed_as_they_are(transactions: MemoryTransactions, pen: Pen) -> None:
    signer = LoggedSolanaSigner(pen, SignatureLog(transactions, StillClock()))
    await signer.sign_transaction(a_wallet("ada", WalletRole.SOLANA), b"raw")
    (record,) = await records(transactions)
    assert record.entry.body["sha256"] == payload_hash(b"raw")


async def test_without_its_line_nothing_is_signed(pen: Pen) -> None:
    class Lost(MemoryTransactions):
        @contextlib.asynccontextmanager
        async def for_user(self, user_id: Any) -> AsyncIterator[Any]:  # type: ignore[override]
            async with super().for_user(user_id) as work:
                yield work
            raise OutcomeUnknown(ErrorCode.NOT_READY, "the database was lost while it saved")

    signer = LoggedEvmSigner(pen, SignatureLog(Lost(), StillClock()))
    with on_duty(DUTY), pytest.raises(Unavailable, match="nothing was signed"):
        await signer.sign_typed_data(AGENT, TRADE)
    assert pen.known == []


async def test_what_our_policies_forbid_is_neither_logged_nor_signed(
    transactions: MemoryTransactions, pen: Pen
) -> None:
    log = SignatureLog(transactions, StillClock())
    evm = TwinnedEvmSigner(LoggedEvmSigner(pen, log), TWIN)
    solana = TwinnedSolanaSigner(LoggedSolanaSigner(pen, log), TWIN)
    with pytest.raises(Refused) as caught:
        await evm.sign_typed_data(a_wallet("ada", WalletRole.EVM), TRADE)
    assert caught.value.code is ErrorCode.POLICY_DENIED
    assert caught.value.details["by"] == "local"
    with pytest.raises(Refused, match="WAL-0005"):
        await solana.sign_transaction(
            Wallet(AGENT.wallet_id, WalletRole.SOLANA, "1" * 32, "p"), b"no transaction"
        )
    assert pen.known == []
    assert await records(transactions) == []
    assert await evm.sign_typed_data(AGENT, TRADE) == b"signature"
