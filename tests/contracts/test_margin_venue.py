"""What every margin venue must do, held against paper Asgard, Solana and Privy."""

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from asgard_basis.adapters.asgard.venue import AsgardMarginVenue
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.position.legs import LongState
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.venues import LongPosition, OpenLong
from asgard_basis.ports.wallets import Wallet
from tests.contracts.paper_margin import PaperMargin, paper_margin

KAMINO = LendingProtocol.KAMINO


@pytest.fixture(scope="module")
def running() -> Iterator[PaperMargin]:
    with paper_margin() as paper:
        yield paper


@pytest.fixture
def paper(running: PaperMargin) -> PaperMargin:
    running.asgard.change = None
    running.asgard.lose_reply_to = None
    running.market.price = Decimal(100)
    return running


@pytest.fixture
async def venue(paper: PaperMargin) -> AsyncIterator[AsgardMarginVenue]:
    async with paper.venue() as venue:
        yield venue


async def request_for(
    venue: AsgardMarginVenue, *, asset: Asset = Asset.SOL, usdc: str = "1000"
) -> OpenLong:
    markets = await venue.markets()
    market = next(m for m in markets if m.asset is asset and m.protocol is KAMINO)
    return OpenLong(
        protocol=KAMINO,
        asset=asset,
        collateral_bank=market.collateral_bank,
        debt_bank=market.debt_bank,
        collateral_usdc=Decimal(usdc),
        leverage=Decimal("2"),
        slippage_bps=50,
    )


@dataclass(frozen=True)
class Opened:
    wallet: Wallet
    position: LongPosition
    state: LongState


async def opened(
    paper: PaperMargin, venue: AsgardMarginVenue, name: str, *, asset: Asset = Asset.SOL
) -> Opened:
    wallet = await paper.wallet(name)
    request = await request_for(venue, asset=asset)
    signed = await venue.prepare_open(wallet, request)
    position = await venue.submit_open(wallet, signed)
    state = await venue.state(position.position_key, protocol=KAMINO, asset=asset)
    assert state is not None
    return Opened(wallet, position, state)


async def test_markets_are_matched_by_mints_and_state_their_units(
    venue: AsgardMarginVenue,
) -> None:
    markets = await venue.markets()
    found = {(m.protocol, m.asset): m for m in markets}
    sol = found[KAMINO, Asset.SOL]
    assert sol.collateral_supply.value == Decimal("0.045")
    assert sol.usdc_borrow.value == Decimal("0.085")
    assert sol.max_leverage == Decimal("3.84")
    assert sol.liquidation_threshold == Decimal("0.80")
    assert sol.is_active
    assert sol.borrow_capacity_usdc > 1_000_000
    assert not found[LendingProtocol.SOLEND, Asset.SOL].is_active, "not enabled here"
    assert not found[LendingProtocol.DRIFT, Asset.SOL].is_active
    assert {m.asset for m in markets} == set(Asset)


async def test_spot_prices_are_per_asset(venue: AsgardMarginVenue) -> None:
    prices = await venue.spot_prices()
    assert prices[Asset.SOL] == 100
    assert prices[Asset.INF] == 140


@pytest.mark.parametrize("asset", [Asset.SOL, Asset.JITOSOL])
async def test_open_refresh_and_close(
    paper: PaperMargin, venue: AsgardMarginVenue, asset: Asset
) -> None:
    price = 100 if asset is Asset.SOL else 120
    it = await opened(paper, venue, f"whole-{asset}", asset=asset)
    wallet, position, state = it.wallet, it.position, it.state
    assert position.is_open
    assert position.asset is asset
    assert state.debt_usdc == pytest.approx(Decimal(1000), abs=Decimal("0.01"))
    assert state.collateral * price == pytest.approx(Decimal(1996), abs=Decimal(2))
    assert state.health is not None
    assert state.health.value == pytest.approx(Decimal("0.374"), abs=Decimal("0.002"))

    signed = await venue.prepare_close(wallet, state, slippage_bps=50)
    await venue.submit_close(wallet, signed)
    listed = await venue.positions(SolanaAddress(wallet.address))
    assert [(p.is_open, p.closed_by) for p in listed] == [(False, signed.signature)]
    assert await venue.state(position.position_key, protocol=KAMINO, asset=asset) is None
    async with paper.solana() as chain:
        balances = await chain.balances(SolanaAddress(wallet.address))
    assert balances.usdc == pytest.approx(Decimal(4996), abs=Decimal(2))


async def test_fills_appear_within_a_minute_and_state_the_price_paid(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "fills")
    await paper.clock.sleep(61)
    fill = await venue.open_fill(it.position.position_key)
    assert fill is not None
    assert fill.usdc == Decimal(1997)
    assert fill.fee_usdc == 3
    assert fill.price == pytest.approx(Decimal(100), abs=Decimal("0.05"))
    assert fill.collateral == pytest.approx(it.state.collateral, abs=Decimal("0.00001"))


async def test_a_lost_reply_is_unknown_and_found_by_its_signature(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    wallet = await paper.wallet("lost")
    signed = await venue.prepare_open(wallet, await request_for(venue))
    paper.asgard.lose_reply_to = "/submit-create-position-tx"
    with pytest.raises(OutcomeUnknown) as unknown:
        await venue.submit_open(wallet, signed)
    assert unknown.value.code is ErrorCode.ASGARD_UNKNOWN
    assert unknown.value.details["signature"] == signed.signature
    await paper.clock.sleep(1)
    async with paper.solana() as chain:
        landing = await chain.landing(signed.signature, expires_at_height=signed.expires_at_height)
    assert landing is Landing.CONFIRMED
    listed = await venue.positions(SolanaAddress(wallet.address))
    assert [p.opened_by for p in listed] == [signed.signature]


async def test_the_same_bytes_sent_again_make_no_second_position(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    wallet = await paper.wallet("twice")
    signed = await venue.prepare_open(wallet, await request_for(venue))
    first = await venue.submit_open(wallet, signed)
    assert await venue.submit_open(wallet, signed) == first
    assert len(await venue.positions(SolanaAddress(wallet.address))) == 1


async def test_an_expired_offer_is_unknown_first_and_refused_once_it_is_dead(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    wallet = await paper.wallet("expired")
    signed = await venue.prepare_open(wallet, await request_for(venue))
    await paper.clock.sleep(66)
    with pytest.raises(OutcomeUnknown):
        await venue.submit_open(wallet, signed)
    await paper.clock.sleep(30)
    with pytest.raises(Refused):
        await venue.submit_open(wallet, signed)


async def test_too_little_collateral_is_seen_before_signing(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    wallet = await paper.wallet("poor", usdc=10)
    request = await request_for(venue)
    paper.privy.faults.seen.clear()
    with pytest.raises(Refused) as refusal:
        await venue.prepare_open(wallet, request)
    assert refusal.value.code is ErrorCode.TRANSACTION_REFUSED
    assert "simulation_failed" in refusal.value.details["violation"]
    assert not any("/rpc" in line for line in paper.privy.faults.seen)


async def test_refusals_of_the_builder_are_ours_in_our_words(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    wallet = await paper.wallet("refused")
    request = await request_for(venue)
    with pytest.raises(Refused) as refusal:
        await venue.prepare_open(wallet, replace(request, leverage=Decimal(9)))
    assert refusal.value.code is ErrorCode.INVALID_LEVERAGE
    with pytest.raises(Refused) as refusal:
        await venue.prepare_open(wallet, replace(request, protocol=LendingProtocol.DRIFT))
    assert refusal.value.code is ErrorCode.INVALID_PROTOCOL


async def test_closing_what_is_closed_says_so(paper: PaperMargin, venue: AsgardMarginVenue) -> None:
    it = await opened(paper, venue, "closed")
    signed = await venue.prepare_close(it.wallet, it.state, slippage_bps=50)
    await venue.submit_close(it.wallet, signed)
    await venue.submit_close(it.wallet, signed)
    with pytest.raises(Refused) as refusal:
        await venue.prepare_close(it.wallet, it.state, slippage_bps=50)
    assert refusal.value.code is ErrorCode.POSITION_CLOSED


async def test_closing_below_an_independent_price_is_refused(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "cheap")
    with pytest.raises(Refused) as refusal:
        await venue.prepare_close(
            it.wallet, it.state, slippage_bps=50, reference_price=Decimal(110)
        )
    assert refusal.value.details["violation"] == "too_little_arrives"


async def test_an_unknown_vault_is_refused(paper: PaperMargin) -> None:
    wallet = await paper.wallet("vault")
    async with paper.venue(vaults=frozenset()) as strict:
        request = await request_for(strict)
        with pytest.raises(Refused) as refusal:
            await strict.prepare_open(wallet, request)
    assert "token_transfer_outside_the_request" in refusal.value.details["violation"]


def robbed(offered: str, owner: str) -> str:
    """The offered transaction with one more instruction: a little SOL for a stranger."""
    before = VersionedTransaction.from_bytes(base64.b64decode(offered)).message
    assert isinstance(before, MessageV0)
    source = Pubkey.from_string(owner)
    theft = transfer(
        TransferParams(from_pubkey=source, to_pubkey=Pubkey.new_unique(), lamports=890_880)
    )
    message = MessageV0.try_compile(source, [theft], [], before.recent_blockhash)
    return base64.b64encode(
        bytes(VersionedTransaction.populate(message, [Signature.default()]))
    ).decode()


@pytest.mark.parametrize("kept", [True, False], ids=["second of two", "alone"])
async def test_no_signature_is_asked_for_when_any_transaction_is_hostile(
    paper: PaperMargin, venue: AsgardMarginVenue, kept: bool
) -> None:
    wallet = await paper.wallet("robbed")
    request = await request_for(venue)

    def change(path: str, answer: dict[str, object]) -> dict[str, object]:
        offered = answer.get("signedTxs")
        if isinstance(offered, list):
            hostile = robbed(offered[0], wallet.address)
            answer["signedTxs"] = [*offered, hostile] if kept else [hostile]
        return answer

    paper.asgard.change = change
    paper.privy.faults.seen.clear()
    with pytest.raises(Refused) as refusal:
        await venue.prepare_open(wallet, request)
    assert refusal.value.code is ErrorCode.TRANSACTION_REFUSED
    assert "sol_to_a_stranger" in refusal.value.details["violation"]
    assert not any("/rpc" in line for line in paper.privy.faults.seen)


async def test_no_signature_is_asked_for_when_a_stop_came_while_it_was_built(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    wallet = await paper.wallet("stopped")

    async def stopped() -> None:
        raise Refused(ErrorCode.PAUSED, "smoke")

    request = await request_for(venue)
    paper.privy.faults.seen.clear()
    with pytest.raises(Refused) as refusal:
        await venue.prepare_open(wallet, request, stopped)
    assert refusal.value.code is ErrorCode.PAUSED
    assert not any("/rpc" in line for line in paper.privy.faults.seen)


@pytest.mark.parametrize("value", [None, "NaN", -1, 101, "healthy", True])
async def test_health_that_makes_no_sense_is_unknown(
    paper: PaperMargin, venue: AsgardMarginVenue, value: object
) -> None:
    it = await opened(paper, venue, f"health-{value}")

    def change(path: str, answer: dict[str, object]) -> dict[str, object]:
        if path.endswith("/refresh-positions"):
            positions = answer["positions"]
            assert isinstance(positions, dict)
            positions[it.position.position_key]["summary"]["healthFactor"] = value
        return answer

    paper.asgard.change = change
    state = await venue.state(it.position.position_key, protocol=KAMINO, asset=Asset.SOL)
    assert state is not None
    assert state.health is None
    assert state.collateral == pytest.approx(it.state.collateral, abs=Decimal("0.00001"))


async def test_native_units_are_recognised(paper: PaperMargin, venue: AsgardMarginVenue) -> None:
    it = await opened(paper, venue, "native")

    def change(path: str, answer: dict[str, object]) -> dict[str, object]:
        if path.endswith("/refresh-positions"):
            positions = answer["positions"]
            assert isinstance(positions, dict)
            summary = positions[it.position.position_key]["summary"]
            for entry in summary["booksAndBalances"]["balances"]:
                for balance in entry.values():
                    balance["assetsQt"] = round(balance["assetsQt"] * 10**9)
                    balance["liabsQt"] = round(balance["liabsQt"] * 10**6)
        return answer

    paper.asgard.change = change
    state = await venue.state(it.position.position_key, protocol=KAMINO, asset=Asset.SOL)
    assert state is not None
    assert state.collateral == pytest.approx(it.state.collateral, abs=Decimal("0.00001"))
    assert state.debt_usdc == pytest.approx(it.state.debt_usdc, abs=Decimal("0.01"))


async def test_public_calls_of_all_processes_are_spaced_a_second_apart() -> None:
    with paper_margin(public_interval_ms=1000, time_runs=False) as paper:
        async with paper.venue() as one, paper.venue() as two:
            for _ in range(2):
                await one.markets()
                await two.markets()
        assert len(paper.asgard.seen) == 4, "nothing was turned away"
