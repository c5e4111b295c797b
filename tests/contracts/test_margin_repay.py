"""Repaying a part of a long's debt, held against paper Asgard, Solana and Privy."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from asgard_basis.adapters.asgard.venue import AsgardMarginVenue
from asgard_basis.domain.assets import Asset, LendingProtocol
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.ports.chains import Landing
from asgard_paper.asgard.updates import RepayRequest
from tests.contracts.paper_margin import PaperMargin, paper_margin
from tests.contracts.test_margin_reduce import usdc_of
from tests.contracts.test_margin_venue import KAMINO, opened

AMOUNT = Decimal("12.34")


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


@pytest.mark.parametrize("asset", [Asset.SOL, Asset.JITOSOL])
async def test_debt_falls_by_what_leaves_the_wallet_and_the_health_rises(
    paper: PaperMargin, venue: AsgardMarginVenue, asset: Asset
) -> None:
    it = await opened(paper, venue, f"repay-{asset}", asset=asset)
    before = await usdc_of(paper, it)
    signed = await venue.prepare_repay(it.wallet, it.state, amount_usdc=AMOUNT)
    assert await usdc_of(paper, it) == before, "nothing is sent yet"
    await venue.submit_reduce(it.wallet, signed)
    left = await venue.state(it.position.position_key, protocol=KAMINO, asset=asset)
    assert left is not None
    assert before - await usdc_of(paper, it) == AMOUNT
    assert left.debt_usdc == pytest.approx(it.state.debt_usdc - AMOUNT, abs=Decimal("0.001"))
    assert left.collateral == pytest.approx(it.state.collateral, rel=Decimal("0.00001"))
    assert left.health is not None
    assert it.state.health is not None
    assert left.health > it.state.health


async def test_a_lost_reply_is_found_by_its_signature_and_repaid_once(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "repay-lost")
    before = await usdc_of(paper, it)
    signed = await venue.prepare_repay(it.wallet, it.state, amount_usdc=AMOUNT)
    paper.asgard.lose_reply_to = "/submit-position-update-tx"
    with pytest.raises(OutcomeUnknown):
        await venue.submit_reduce(it.wallet, signed)
    await paper.clock.sleep(1)
    async with paper.solana() as chain:
        landing = await chain.landing(signed.signature, expires_at_height=signed.expires_at_height)
        change = await chain.wallet_change(signed.signature, SolanaAddress(it.wallet.address))
    assert landing is Landing.CONFIRMED
    assert change is not None
    assert change.usdc == -AMOUNT
    await venue.submit_reduce(it.wallet, signed)
    assert before - await usdc_of(paper, it) == AMOUNT


async def test_a_builder_that_takes_more_than_was_asked_for_is_refused(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "repay-more")

    def change(path: str, answer: dict[str, object]) -> dict[str, object]:
        if path.endswith("/repay-debt"):
            request = RepayRequest(
                protocol=int(KAMINO),
                wallet_pubkey=it.wallet.address,
                position_pda=it.position.position_key,
                jito_tip_lamport=10_000,
                repay_amount_native=20_000_000,
            )
            answer["signedTxs"] = [paper.engine.build(request.order(paper.engine)).transaction]
        return answer

    paper.asgard.change = change
    with pytest.raises(Refused) as refusal:
        await venue.prepare_repay(it.wallet, it.state, amount_usdc=Decimal(10))
    assert refusal.value.code is ErrorCode.TRANSACTION_REFUSED


async def test_a_lender_without_parts_is_not_asked(
    paper: PaperMargin, venue: AsgardMarginVenue
) -> None:
    it = await opened(paper, venue, "repay-marginfi")
    elsewhere = replace(it.state, protocol=LendingProtocol.MARGINFI)
    with pytest.raises(Refused) as refusal:
        await venue.prepare_repay(it.wallet, elsewhere, amount_usdc=AMOUNT)
    assert refusal.value.code is ErrorCode.REDUCE_UNSUPPORTED
