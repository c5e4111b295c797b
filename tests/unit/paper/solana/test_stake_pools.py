"""Staking tokens redeem for what the market path says, read as on the real chain."""

from decimal import Decimal

from asgard_basis.adapters.solana.pools import stake_pool_rate
from asgard_paper.kernel.market import LstState
from asgard_paper.solana.addresses import JITOSOL_MINT
from asgard_paper.solana.stake_pools import stake_pool_data


def test_a_reader_of_the_pool_finds_rate_and_yield() -> None:
    state = LstState(Decimal("1.2246"), Decimal("0.0675"), Decimal("0.001"))
    rate = stake_pool_rate(stake_pool_data(mint=JITOSOL_MINT, state=state), mint=str(JITOSOL_MINT))
    assert rate is not None
    assert abs(rate.redemption_rate - Decimal("1.2246")) < Decimal("0.000000001")
    assert rate.staking is not None
    assert abs(rate.staking.value - Decimal("0.0675")) < Decimal("0.00001")
