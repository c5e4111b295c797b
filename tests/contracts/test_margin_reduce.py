"""Closing a share of a position, held against paper Asgard, Solana and Privy."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.adapters.asgard.venue import AsgardMarginVenue
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.ports.chains import Landing
from asgard_paper.asgard.updates import PartialCloseRequest
from tests.contracts.paper_margin import PaperMargin, paper_margin
from tests.contracts.test_margin_venue import KAMINO, Opened, opened


@pytest.fixture(scope="module")
def running() -> Iterator[PaperMargin]:
    with paper_margin() as paper:
        yield paper


@pytest.fixture
def paper(running: PaperMargin) -> PaperMargin:
    running.asgard.change = None
    running.asgard.lose_reply_to = None
    return running


@pytest.fixture
async def venue(paper: PaperMargin) -> AsyncIterator[AsgardMarginVenue]:
    async with paper.venue() as venue:
        yield venue


async def usdc_of(paper: PaperMargin, it: Opened) -> Decimal:
    async with paper.solana() as chain:
        return (await chain.balances(SolanaAddress(it.wallet.address))).usdc


@pytest.mark.parametrize("asset", [Asset.SOL, Asset.JITOSOL])
async def test_a_share_is_paid_out_and_the_rest_keeps_its_leverage(
    paper: PaperMargin, venue: AsgardMarginVenue, asset: Asset
) -> None:
    it = await opened(paper, venue, f"share-{asset}", asset=asset)
    before = await usdc_of(paper, it)
    price = Decimal(100) if asset is Asset.SOL else Decimal(120)
    signed = await venue.prepare_reduce(
        it.wallet, it.state, percentage=25, slippage_bps=50, reference_price=price
    )
    assert await usdc_of(paper, it) == before, "nothing is sent yet"
    await venue.submit_reduce(it.wallet, signed)
    left = await venue.state(it.position.position_key, protocol=KAMINO, asset=asset)
    assert left is not None
    assert left.collateral == pytest.approx(it.state.collateral * 3 / 4, rel=Decimal("0.00001"))
    assert left.debt_usdc == pytest.approx(it.state.debt_usdc * 3 / 4, rel=Decimal("0.00001"))
    equity = it.state.collateral * price - it.state.debt_usdc
    assert await usdc_of(paper, it) - before == pytest.approx(equity / 4, abs=Decimal("0.5"))
    (listed,) = await venue.positions(SolanaAddress(it.wallet.address))
    assert listed.is_open
    again = await venue.prepare_reduce(it.wallet, left, percentage=50, slippage_bps=50)
    await venue.submit_reduce(it.wallet, again)
    close = await venue.state(it.position.position_key, protocol=KAMINO, asset=asset)
    assert close is not None
    await venue.submit_close(
        it.wallet, await venue.prepare_close(it.wallet, close, slippage_bps=50)
    )


async def test_a_lost_reply_is_found_by_its_signature_and_done_once(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "reduce-lost")
    signed = await venue.prepare_reduce(it.wallet, it.state, percentage=40, slippage_bps=50)
    assert signed.all_signatures == (signed.signature,)
    paper.asgard.lose_reply_to = "/submit-position-update-tx"
    with pytest.raises(OutcomeUnknown):
        await venue.submit_reduce(it.wallet, signed)
    await paper.clock.sleep(1)
    async with paper.solana() as chain:
        landing = await chain.landing(signed.signature, expires_at_height=signed.expires_at_height)
    assert landing is Landing.CONFIRMED
    await venue.submit_reduce(it.wallet, signed)
    left = await venue.state(it.position.position_key, protocol=KAMINO, asset=Asset.SOL)
    assert left is not None
    assert left.collateral == pytest.approx(it.state.collateral * 6 / 10, rel=Decimal("0.00001"))


async def test_a_builder_that_sells_more_than_was_asked_for_is_refused(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "reduce-more")

    def change(path: str, answer: dict[str, object]) -> dict[str, object]:
        if path.endswith("/partial-close"):
            request = PartialCloseRequest(
                protocol=int(KAMINO),
                wallet_pubkey=it.wallet.address,
                position_pda=it.position.position_key,
                jito_tip_lamport=10_000,
                close_percentage=Decimal(90),
                slippage_bps=Decimal(50),
            )
            answer["signedTxs"] = [paper.engine.build(request.order(paper.engine)).transaction]
        return answer

    paper.asgard.change = change
    paper.privy.faults.seen.clear()
    with pytest.raises(Refused) as refusal:
        await venue.prepare_reduce(it.wallet, it.state, percentage=10, slippage_bps=50)
    assert refusal.value.code is ErrorCode.TRANSACTION_REFUSED
    assert refusal.value.details["violation"] == "too_much_arrives"
    assert not any("/rpc" in line for line in paper.privy.faults.seen), "nothing was signed"


async def test_a_share_below_an_independent_price_is_refused(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "reduce-cheap")
    with pytest.raises(Refused) as refusal:
        await venue.prepare_reduce(
            it.wallet, it.state, percentage=50, slippage_bps=50, reference_price=Decimal(110)
        )
    assert refusal.value.details["violation"] == "too_little_arrives"


@pytest.mark.parametrize("percentage", [0, 100])
async def test_only_one_to_ninety_nine_percent_are_a_share(
    paper: PaperMargin, venue: AsgardMarginVenue, percentage: int
) -> None:
    it = await opened(paper, venue, f"reduce-{percentage}")
    with pytest.raises(Refused) as refusal:
        await venue.prepare_reduce(it.wallet, it.state, percentage=percentage, slippage_bps=50)
    assert refusal.value.code is ErrorCode.INVALID_SIZE


async def test_lenders_that_close_positions_whole_only_are_not_even_asked(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "reduce-lender")
    elsewhere = replace(it.state, protocol=LendingProtocol.MARGINFI)
    paper.asgard.seen.clear()
    with pytest.raises(Refused) as refusal:
        await venue.prepare_reduce(it.wallet, elsewhere, percentage=50, slippage_bps=50)
    assert refusal.value.code is ErrorCode.REDUCE_UNSUPPORTED
    assert paper.asgard.seen == []


async def test_a_share_of_what_is_closed_is_refused_as_such(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "reduce-closed")
    await venue.submit_close(
        it.wallet, await venue.prepare_close(it.wallet, it.state, slippage_bps=50)
    )
    with pytest.raises(Refused) as refusal:
        await venue.prepare_reduce(it.wallet, it.state, percentage=50, slippage_bps=50)
    assert refusal.value.code is ErrorCode.POSITION_CLOSED
