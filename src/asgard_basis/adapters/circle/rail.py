"""The rail: both chains' halves and Circle's word between them."""

from decimal import ROUND_UP, Decimal

from asgard_basis.adapters.circle.iris import Iris
from asgard_basis.domain.errors import ErrorCode, Refused, Unavailable
from asgard_basis.domain.money import from_native, to_native
from asgard_basis.domain.treasury.cctp import (
    DOMAINS,
    Chain,
    NotAMessage,
    Order,
    objection,
    read_message,
)
from asgard_basis.ports.chains import Landing
from asgard_basis.ports.rail import (
    ArbitrumEnd,
    Attestation,
    BurnOrder,
    RailAccount,
    RailEnd,
    SignedCall,
)

_DECIMALS = 6
_BPS = Decimal(10_000)
_STEP = Decimal("0.000001")
FEE_BPS_MAX = Decimal(10)
"""Beyond this the rail is not taken; the wallets' policies say the same."""


class CctpRail:
    """Implements `UsdcRail`."""

    def __init__(self, *, arbitrum: ArbitrumEnd, solana: RailEnd, iris: Iris) -> None:
        self._arbitrum = arbitrum
        self._solana = solana
        self._iris = iris

    async def is_open(self, account: RailAccount) -> bool:
        """See UsdcRail."""
        try:
            for chain in Chain:
                bps = await self._iris.fee_bps(DOMAINS[chain], DOMAINS[chain.other])
                if bps > FEE_BPS_MAX or not await self._end(chain).can_receive(account.on(chain)):
                    return False
        except (Refused, Unavailable):
            return False
        return True

    async def fee_max(self, source: Chain, amount_usdc: Decimal) -> Decimal:
        """See UsdcRail."""
        bps = await self._iris.fee_bps(DOMAINS[source], DOMAINS[source.other])
        if bps > FEE_BPS_MAX:
            raise Refused(ErrorCode.RAIL_REFUSED, f"Circle asks for {bps} of 10,000 parts")
        fee = (amount_usdc * bps / _BPS).quantize(_STEP, ROUND_UP)
        if fee >= amount_usdc:
            raise Refused(ErrorCode.SIZE_TOO_SMALL, "nothing would be left of it")
        return fee

    async def prepare_allowance(self, account: RailAccount, amount_usdc: Decimal) -> SignedCall:
        """See UsdcRail."""
        native = to_native(amount_usdc, _DECIMALS)
        return await self._arbitrum.prepare_allowance(account.arbitrum, native)

    async def prepare_burn(self, account: RailAccount, order: BurnOrder) -> SignedCall:
        """See UsdcRail."""
        there = order.source.other
        if not await self._end(there).can_receive(account.on(there)):
            raise Refused(
                ErrorCode.RAIL_REFUSED,
                f"your wallet on {there.value.capitalize()} could not receive it: it has no USDC"
                " account, or too little for the network fee",
            )
        return await self._end(order.source).prepare_burn(
            account.on(order.source),
            amount=to_native(order.amount_usdc, _DECIMALS),
            fee_max=to_native(order.fee_max_usdc, _DECIMALS),
            recipient=self._end(there).recipient(account.on(there)),
        )

    async def attestation(
        self, account: RailAccount, order: BurnOrder, burn_id: str
    ) -> Attestation | None:
        """See UsdcRail."""
        found = await self._iris.attested(DOMAINS[order.source], burn_id)
        if found is None:
            return None
        raw, signatures = found
        try:
            message = read_message(raw)
        except NotAMessage as error:
            raise Refused(ErrorCode.RAIL_REFUSED, f"Circle's message: {error}") from error
        wrong = objection(message, self._ordered(account, order))
        if wrong is not None:
            raise Refused(ErrorCode.RAIL_REFUSED, f"Circle's message is not ours: {wrong}")
        return Attestation(raw, signatures, from_native(message.minted, _DECIMALS))

    async def prepare_mint(
        self, account: RailAccount, source: Chain, attestation: Attestation
    ) -> SignedCall:
        """See UsdcRail."""
        there = source.other
        return await self._end(there).prepare_mint(
            account.on(there), attestation.message, attestation.signatures
        )

    async def is_minted(self, source: Chain, attestation: Attestation) -> bool:
        """See UsdcRail."""
        return await self._end(source.other).is_minted(attestation.message)

    async def send(self, call: SignedCall) -> None:
        """See UsdcRail."""
        await self._end(call.chain).send(call)

    async def landing(self, account: RailAccount, call: SignedCall) -> Landing:
        """See UsdcRail."""
        return await self._end(call.chain).landing(account.on(call.chain), call)

    async def network_fee(self, account: RailAccount, call: SignedCall) -> Decimal:
        """See UsdcRail."""
        return await self._end(call.chain).network_fee(account.on(call.chain), call)

    def _ordered(self, account: RailAccount, order: BurnOrder) -> Order:
        here, there = self._end(order.source), self._end(order.source.other)
        return Order(
            source=DOMAINS[order.source],
            destination=DOMAINS[order.source.other],
            burn_token=here.token,
            sender=here.sender(account.on(order.source)),
            recipient=there.recipient(account.on(order.source.other)),
            amount=to_native(order.amount_usdc, _DECIMALS),
            fee_max=to_native(order.fee_max_usdc, _DECIMALS),
        )

    def _end(self, chain: Chain) -> RailEnd:
        return self._arbitrum if chain is Chain.ARBITRUM else self._solana
