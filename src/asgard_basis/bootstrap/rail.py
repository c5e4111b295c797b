"""The way of money between Solana and Hyperliquid, where it is switched on."""

from dataclasses import dataclass
from decimal import Decimal

from asgard_basis.adapters.arbitrum.cctp import CctpOnArbitrum
from asgard_basis.adapters.arbitrum.chain import RpcArbitrumChain
from asgard_basis.adapters.circle.iris import Iris
from asgard_basis.adapters.circle.rail import CctpRail
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.hyperliquid.withdrawals import HyperliquidWithdrawals
from asgard_basis.adapters.metering import Meter
from asgard_basis.adapters.solana.cctp import CctpOnSolana
from asgard_basis.application.context import UserTradingContext
from asgard_basis.application.oversight.defend_position import Crossing
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.coordination import NonceSource
from asgard_basis.ports.rail import MoneyRoute, RailAccount
from asgard_basis.ports.wallets import EvmSigner, SolanaSigner

MOVE_USDC_MAX = Decimal(25_000)
"""In one move; the wallets' policies know nothing larger."""


@dataclass(frozen=True, slots=True)
class RailLines:
    """What only the rail talks to."""

    circle: HttpClient
    arbitrum: HttpClient


def crossing(route: MoneyRoute | None) -> Crossing | None:
    """Whether a person's money could cross now; None without a route."""
    if route is None:
        return None

    async def is_open(context: UserTradingContext) -> bool:
        account = RailAccount(context.trader.account, context.solana)
        return await route.withdrawals.is_open() and await route.rail.is_open(account)

    return is_open


def money_route(
    lines: RailLines | None,
    *,
    hyperliquid: HttpClient,
    solana: HttpClient,
    signers: tuple[EvmSigner, SolanaSigner],
    nonces: NonceSource,
    clock: Clock,
    meter: Meter,
) -> MoneyRoute | None:
    """Both chains' halves joined; None without lines."""
    if lines is None:
        return None
    evm, sol = signers
    end = CctpOnArbitrum(RpcArbitrumChain(http=lines.arbitrum, signer=evm, clock=clock))
    rail = CctpRail(
        arbitrum=end,
        solana=CctpOnSolana(http=solana, clock=clock, signer=sol),
        iris=Iris(lines.circle),
    )
    withdrawals = HyperliquidWithdrawals(
        http=hyperliquid, signer=evm, nonces=nonces, clock=clock, meter=meter
    )
    return MoneyRoute(rail=rail, withdrawals=withdrawals, payouts=end)
