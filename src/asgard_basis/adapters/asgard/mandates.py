"""What an opening or closing through Asgard may do to the wallet, from what was asked."""

from dataclasses import replace
from decimal import Decimal

from asgard_basis.domain.assets import (
    KAMINO_FARMS_PROGRAM,
    LENDING_PROGRAMS,
    SWAP_PROGRAMS,
    TOKENS,
    USDC_SOLANA,
    Asset,
    LendingProtocol,
)
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.money import ONE, ZERO, to_native
from asgard_basis.domain.position.legs import LongState
from asgard_basis.domain.treasury.mandate import Mandate
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.venues import OpenLong

_PRICE_TOLERANCE = Decimal("0.02")
"""Between the price a closing is judged by and the one it trades at, on top of slippage."""
_DEBT_GROWTH = Decimal("0.001")
"""Interest between the last refresh and the closing."""


class MandateMaker:
    """Writes mandates for one deployment."""

    def __init__(
        self, *, chain: SolanaChain, program_id: str | None, vaults: frozenset[SolanaAddress]
    ) -> None:
        self._chain = chain
        self._program_id = program_id
        self._vaults = vaults

    def for_open(
        self, owner: SolanaAddress, request: OpenLong, *, collateral_native: int
    ) -> Mandate:
        """USDC up to the collateral may leave; the lender's banks must be involved."""
        mints = _mints(request.asset)
        return Mandate(
            owner=owner,
            programs=self._programs(request.protocol),
            mints=mints,
            own_token_accounts=self._accounts_of(owner, mints),
            venue_token_accounts=self._vault_accounts(mints),
            venue_authorities=self._vaults,
            required_accounts=frozenset(
                {SolanaAddress(request.collateral_bank), SolanaAddress(request.debt_bank)}
            ),
            spend={USDC_SOLANA.mint: collateral_native},
        )

    def for_close(
        self, owner: SolanaAddress, position: LongState, *, least_usdc: Decimal
    ) -> Mandate:
        """Nothing but fees may leave, and at least so much USDC must arrive."""
        mints = _mints(position.asset)
        return Mandate(
            owner=owner,
            programs=self._programs(position.protocol),
            mints=mints,
            own_token_accounts=self._accounts_of(owner, mints),
            venue_authorities=self._vaults,
            required_accounts=frozenset({SolanaAddress(position.position_key)}),
            gain={USDC_SOLANA.mint: to_native(least_usdc, USDC_SOLANA.decimals)},
        )

    def for_reduce(
        self,
        owner: SolanaAddress,
        position: LongState,
        *,
        percentage: int,
        price: Decimal | None,
        slippage_bps: int,
    ) -> Mandate:
        """As a closing, of a share: what arrives is that share's, no less and not much more.

        More would be more of the position than was asked for, with a short that stays.
        """
        share = Decimal(percentage) / 100
        least = least_payout(position, price=price, slippage_bps=slippage_bps, share=share)
        whole = self.for_close(owner, position, least_usdc=least)
        if price is None:
            return whole
        most = most_payout(position, price=price, share=share)
        return replace(whole, gain_max={USDC_SOLANA.mint: to_native(most, USDC_SOLANA.decimals)})

    def for_repay(
        self, owner: SolanaAddress, position: LongState, *, amount_native: int
    ) -> Mandate:
        """Nothing but fees and exactly that debt's USDC may leave, to that position's lender."""
        mints = _mints(position.asset)
        return Mandate(
            owner=owner,
            programs=self._programs(position.protocol),
            mints=mints,
            own_token_accounts=self._accounts_of(owner, mints),
            venue_token_accounts=self._vault_accounts(mints),
            venue_authorities=self._vaults,
            required_accounts=frozenset({SolanaAddress(position.position_key)}),
            spend={USDC_SOLANA.mint: amount_native},
        )

    def _programs(self, protocol: LendingProtocol) -> frozenset[SolanaAddress]:
        programs = {LENDING_PROGRAMS[protocol], *SWAP_PROGRAMS}
        if protocol is LendingProtocol.KAMINO:
            programs.add(KAMINO_FARMS_PROGRAM)
        if self._program_id is not None:
            programs.add(SolanaAddress(self._program_id))
        return frozenset(programs)

    def _accounts_of(
        self, owner: SolanaAddress, mints: frozenset[SolanaAddress]
    ) -> dict[SolanaAddress, SolanaAddress]:
        return {mint: self._chain.token_account(owner, mint) for mint in mints}

    def _vault_accounts(self, mints: frozenset[SolanaAddress]) -> frozenset[SolanaAddress]:
        return frozenset(
            self._chain.token_account(vault, mint) for vault in self._vaults for mint in mints
        )


def least_payout(
    position: LongState, *, price: Decimal | None, slippage_bps: int, share: Decimal = ONE
) -> Decimal:
    """USDC that closing a share must bring in at least; zero without a price to judge by."""
    if price is None:
        return ZERO
    kept = 1 - Decimal(slippage_bps) / 10_000 - _PRICE_TOLERANCE
    whole = position.collateral * price * kept - position.debt_usdc * (1 + _DEBT_GROWTH)
    return max(ZERO, whole * share)


def most_payout(position: LongState, *, price: Decimal, share: Decimal) -> Decimal:
    """USDC that closing a share can bring in at most."""
    worth = position.collateral * price * (1 + _PRICE_TOLERANCE)
    return max(ZERO, worth - position.debt_usdc) * share


def _mints(asset: Asset) -> frozenset[SolanaAddress]:
    return frozenset({USDC_SOLANA.mint, TOKENS[Asset.SOL].mint, TOKENS[asset].mint})
