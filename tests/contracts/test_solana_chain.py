"""What every Solana adapter must say, held against a real runtime behind JSON-RPC."""

import base64
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import httpx
import pytest
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.solana.chain import RpcSolanaChain
from asgard_basis.domain.assets import MEMO_PROGRAM, TOKENS, USDC_SOLANA, Asset
from asgard_basis.domain.errors import ErrorCode, Refused, Unavailable
from asgard_basis.domain.identifiers import SolanaAddress, TransactionSignature
from asgard_basis.ports.chains import Landing
from asgard_paper.solana.addresses import JITOSOL_MINT, USDC_MINT
from asgard_paper.solana.stake_pools import StakePools
from asgard_paper.solana.transactions import create_token_account, transfer_checked
from tests.contracts.paper_margin import PaperMargin, paper_margin

NEVER_SENT = TransactionSignature(str(Signature.new_unique()))


@pytest.fixture(scope="module")
def paper() -> Iterator[PaperMargin]:
    with paper_margin() as paper:
        yield paper


@pytest.fixture
async def chain(paper: PaperMargin) -> AsyncIterator[RpcSolanaChain]:
    async with paper.solana() as chain:
        yield chain


@pytest.fixture
async def owner(paper: PaperMargin) -> Keypair:
    pair = Keypair()
    paper.chain.airdrop(pair.pubkey(), 10**9)
    paper.chain.mint_tokens(pair.pubkey(), USDC_MINT, 25_500_000)
    await paper.clock.sleep(1)
    return pair


def named(pair: Keypair) -> SolanaAddress:
    return SolanaAddress(str(pair.pubkey()))


def built(
    paper: PaperMargin, owner: Keypair, *instructions: Instruction, signed: bool = True
) -> VersionedTransaction:
    blockhash, _ = paper.chain.latest_blockhash("confirmed")
    message = MessageV0.try_compile(owner.pubkey(), list(instructions), [], blockhash)
    if signed:
        return VersionedTransaction(message, [owner])
    return VersionedTransaction.populate(message, [Signature.default()])


def signature_of(transaction: VersionedTransaction) -> TransactionSignature:
    return TransactionSignature(str(transaction.signatures[0]))


def sol(owner: Keypair, to: Pubkey, lamports: int) -> Instruction:
    return transfer(TransferParams(from_pubkey=owner.pubkey(), to_pubkey=to, lamports=lamports))


def send(paper: PaperMargin, transaction: VersionedTransaction) -> None:
    params = [
        base64.b64encode(bytes(transaction)).decode(),
        {"encoding": "base64", "skipPreflight": True},
    ]
    body = {"jsonrpc": "2.0", "id": 1, "method": "sendTransaction", "params": params}
    assert "result" in httpx.post(paper.solana_url, json=body).json()


async def test_balances_are_exact_and_by_asset(
    paper: PaperMargin, chain: RpcSolanaChain, owner: Keypair
) -> None:
    paper.chain.mint_tokens(owner.pubkey(), JITOSOL_MINT, 1_234_567_891)
    balances = await chain.balances(named(owner))
    assert balances.sol == 1
    assert balances.usdc == Decimal("25.5")
    assert balances.tokens == {Asset.JITOSOL: Decimal("1.234567891")}
    nobody = await chain.balances(named(Keypair()))
    assert (nobody.sol, nobody.usdc, nobody.tokens) == (0, 0, {})


async def test_a_transaction_is_pending_then_confirmed(
    paper: PaperMargin, chain: RpcSolanaChain, owner: Keypair
) -> None:
    transaction = built(paper, owner, sol(owner, Pubkey.new_unique(), 10**6))
    expires = await chain.block_height() + 150
    signature = signature_of(transaction)
    assert await chain.landing(signature, expires_at_height=expires) is Landing.PENDING
    send(paper, transaction)
    await paper.clock.sleep(1)
    assert await chain.landing(signature, expires_at_height=expires) is Landing.CONFIRMED


async def test_a_transaction_that_fails_on_chain_has_failed(
    paper: PaperMargin, chain: RpcSolanaChain, owner: Keypair
) -> None:
    transaction = built(paper, owner, sol(owner, Pubkey.new_unique(), 10**12))
    send(paper, transaction)
    await paper.clock.sleep(1)
    landing = await chain.landing(signature_of(transaction), expires_at_height=10**12)
    assert landing is Landing.FAILED
    change = await chain.wallet_change(signature_of(transaction), named(owner))
    assert change is not None
    assert (change.sol, change.usdc) == (-change.fee_sol, 0)
    assert change.fee_sol == Decimal("0.000005")


async def test_dead_only_when_expiry_is_final(paper: PaperMargin, chain: RpcSolanaChain) -> None:
    height = await chain.block_height()
    assert await chain.landing(NEVER_SENT, expires_at_height=height - 1) is Landing.PENDING
    await paper.clock.sleep(20)
    assert await chain.landing(NEVER_SENT, expires_at_height=height - 1) is Landing.DEAD
    assert await chain.landing(NEVER_SENT, expires_at_height=height + 500) is Landing.PENDING


async def test_a_node_that_lags_cannot_declare_a_transaction_dead(
    paper: PaperMargin, chain: RpcSolanaChain
) -> None:
    height = await chain.block_height()
    await paper.clock.sleep(20)

    def lag(path: str, answer: dict[str, object]) -> dict[str, object]:
        result = answer.get("result")
        if isinstance(result, dict) and isinstance(result.get("value"), list):
            result["context"]["slot"] -= 100
        return answer

    paper.rpc.change = lag
    try:
        landing = await chain.landing(NEVER_SENT, expires_at_height=height - 1)
    finally:
        paper.rpc.change = None
    assert landing is Landing.PENDING


async def test_the_effect_on_an_owner_is_told_with_fees_apart(
    paper: PaperMargin, chain: RpcSolanaChain, owner: Keypair
) -> None:
    friend = Keypair()
    transaction = built(
        paper,
        owner,
        create_token_account(owner.pubkey(), friend.pubkey(), USDC_MINT),
        transfer_checked(owner.pubkey(), friend.pubkey(), USDC_MINT, 5_000_000, 6, []),
    )
    send(paper, transaction)
    await paper.clock.sleep(1)
    paid = await chain.wallet_change(signature_of(transaction), named(owner))
    got = await chain.wallet_change(signature_of(transaction), named(friend))
    assert paid is not None
    assert got is not None
    assert paid.usdc == -5
    assert paid.fee_sol == Decimal("0.000005")
    assert paid.sol == -Decimal("0.002039280") - paid.fee_sol
    assert (got.usdc, got.sol, got.fee_sol) == (5, 0, 0)
    assert await chain.wallet_change(NEVER_SENT, named(owner)) is None


async def test_simulation_shows_what_would_change_and_changes_nothing(
    paper: PaperMargin, chain: RpcSolanaChain, owner: Keypair
) -> None:
    friend = Keypair()
    paper.chain.mint_tokens(friend.pubkey(), USDC_MINT, 1)
    pay = transfer_checked(owner.pubkey(), friend.pubkey(), USDC_MINT, 2_000_000, 6, [])
    unsigned = built(paper, owner, pay, signed=False)
    effect = await chain.simulate(bytes(unsigned), named(owner))
    assert effect.error is None
    mint = USDC_SOLANA.mint
    assert effect.before.total(mint, named(owner)) == 25_500_000
    assert effect.after.total(mint, named(owner)) == 23_500_000
    assert effect.before.lamports - effect.after.lamports == 5_000
    assert (await chain.balances(named(owner))).usdc == Decimal("25.5")


async def test_simulation_shows_a_delegate_and_a_new_account(
    paper: PaperMargin, chain: RpcSolanaChain, owner: Keypair
) -> None:
    account = chain.token_account(named(owner), USDC_SOLANA.mint)
    approve = Instruction(
        Pubkey.from_string("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
        b"\x04" + (7).to_bytes(8, "little"),
        [
            _meta(account, writable=True),
            _meta(str(Pubkey.new_unique())),
            _meta(str(owner.pubkey()), signer=True),
        ],
    )
    create = create_token_account(owner.pubkey(), owner.pubkey(), JITOSOL_MINT)
    unsigned = built(paper, owner, approve, create, signed=False)
    effect = await chain.simulate(bytes(unsigned), named(owner))
    assert effect.error is None
    assert effect.before.tokens[account].delegate is None
    assert effect.after.tokens[account].delegate is not None
    new = chain.token_account(named(owner), TOKENS[Asset.JITOSOL].mint)
    assert new in effect.after.tokens
    assert new not in effect.before.tokens


def _meta(address: str, *, signer: bool = False, writable: bool = False) -> AccountMeta:
    return AccountMeta(Pubkey.from_string(address), signer, writable)


async def test_a_failing_simulation_says_why(
    paper: PaperMargin, chain: RpcSolanaChain, owner: Keypair
) -> None:
    unsigned = built(paper, owner, sol(owner, Pubkey.new_unique(), 10**12), signed=False)
    effect = await chain.simulate(bytes(unsigned), named(owner))
    assert effect.error is not None
    assert effect.after == effect.before


async def test_decoding_tells_blockhash_and_signatures(
    paper: PaperMargin, chain: RpcSolanaChain, owner: Keypair
) -> None:
    note = Instruction(Pubkey.from_string(MEMO_PROGRAM), b"hello", [])
    unsigned = built(paper, owner, note, signed=False)
    decoded = await chain.decode(bytes(unsigned))
    assert decoded.is_blockhash_valid
    assert decoded.blank == {named(owner)}
    assert decoded.instructions[0].data == b"hello"
    signed = await chain.decode(bytes(built(paper, owner, note)))
    assert signed.signed == {named(owner)}
    await paper.clock.sleep(90)
    assert not (await chain.decode(bytes(unsigned))).is_blockhash_valid
    with pytest.raises(Refused) as refusal:
        await chain.decode(bytes(unsigned) + b"\x00")
    assert refusal.value.code is ErrorCode.TRANSACTION_REFUSED


async def test_redemption_rates_come_from_pools_and_absent_ones_are_left_out(
    paper: PaperMargin, chain: RpcSolanaChain
) -> None:
    assert await chain.lst_markets() == {}
    StakePools(paper.chain, clock=paper.market_clock, market=paper.market).advance()
    markets = await chain.lst_markets()
    assert {asset: round(m.redemption_rate, 9) for asset, m in markets.items()} == {
        Asset.JITOSOL: Decimal("1.2"),
        Asset.JUPSOL: Decimal("1.1"),
        Asset.INF: Decimal("1.4"),
    }
    staking = markets[Asset.JITOSOL].staking
    assert staking is not None
    assert round(staking.value, 4) == Decimal("0.0650")
    assert markets[Asset.INF].staking is None, "the pool does not state an earlier rate"


async def test_a_node_that_does_not_answer_is_unavailable() -> None:
    class Still:
        async def sleep(self, seconds: float) -> None: ...

    async with HttpClient("http://127.0.0.1:9", timeout_seconds=1, name="solana") as http:
        chain = RpcSolanaChain(http=http, clock=Still())  # type: ignore[arg-type]
        with pytest.raises(Unavailable) as outage:
            await chain.block_height()
    assert outage.value.code is ErrorCode.SOLANA_RPC
