"""Reading accounts: money, position, and the mode that says where the money is."""

from datetime import datetime, timedelta

from asgard_basis.adapters.http import together
from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.adapters.hyperliquid.client import HyperliquidClient
from asgard_basis.domain.identifiers import EvmAddress
from asgard_basis.domain.position.legs import PerpAccount, PerpPosition
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import PerpTrader

_MISSING_LIFETIME = timedelta(seconds=15)
"""Asking whether an address exists costs as much as thirty account reads."""
_MODE_LIFETIME = timedelta(days=1)


class Accounts:
    """Account reads that spend little of the address budget.

    Balances cost 2 of 1200 a minute each, the mode 20, the role 60. So the mode is kept for a
    day (and read again when the balances do not fit it), and the role is only asked of
    addresses that have never shown anything.
    """

    def __init__(self, client: HyperliquidClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._modes: dict[EvmAddress, tuple[str, datetime]] = {}
        self._existing: set[EvmAddress] = set()
        self._missing: dict[EvmAddress, datetime] = {}

    async def read(self, address: EvmAddress) -> PerpAccount:
        """The account now."""
        state, spot = await together(
            self._client.info(wire.ClearinghouseState, "clearinghouseState", user=address),
            self._client.info(wire.SpotState, "spotClearinghouseState", user=address),
        )
        mode = await self._mode(address, fresh=_is_surprising(state, spot, self._known(address)))
        return parse.perp_account(
            state,
            spot,
            abstraction=mode,
            exists=await self._exists(address, state, spot),
            observed_at=self._clock.host(),
        )

    async def position(self, address: EvmAddress) -> PerpPosition | None:
        """The position alone, whatever mode the account is in."""
        state = await self._client.info(wire.ClearinghouseState, "clearinghouseState", user=address)
        return parse.perp_position(state.asset_positions)

    async def agent_is_valid(self, trader: PerpTrader) -> bool:
        """Whether the agent may sign for the account at this market time."""
        account, agent = address_of(trader.account.address), address_of(trader.agent.address)
        named = await self._client.info(list[wire.Agent], "extraAgents", user=account)
        for entry in named:
            if address_of(entry.address) == agent:
                return entry.valid_until > parse.milliseconds(self._clock.now())
        role = await self._client.info(wire.UserRole, "userRole", user=agent)
        owner = role.data.user if role.role == "agent" and role.data else None
        return owner is not None and address_of(owner) == account

    def _known(self, address: EvmAddress) -> str | None:
        return self._modes[address][0] if address in self._modes else None

    async def _mode(self, address: EvmAddress, *, fresh: bool) -> str:
        known = self._modes.get(address)
        if known and not fresh and self._clock.host() - known[1] < _MODE_LIFETIME:
            return known[0]
        mode = await self._client.info(str, "userAbstraction", user=address)
        self._modes[address] = (mode, self._clock.host())
        return self._modes[address][0]

    async def _exists(
        self, address: EvmAddress, state: wire.ClearinghouseState, spot: wire.SpotState
    ) -> bool:
        if address in self._existing:
            return True
        holds_something = (
            state.margin_summary.account_value != 0
            or bool(state.asset_positions)
            or any(balance.total != 0 for balance in spot.balances)
        )
        if not holds_something:
            asked_at = self._missing.get(address)
            if asked_at is not None and self._clock.host() - asked_at < _MISSING_LIFETIME:
                return False
            role = await self._client.info(wire.UserRole, "userRole", user=address)
            if role.role == "missing":
                self._missing[address] = self._clock.host()
                return False
        self._existing.add(address)
        return True


def _is_surprising(state: wire.ClearinghouseState, spot: wire.SpotState, mode: str | None) -> bool:
    """Money on the side where the mode we know would not have it."""
    in_perp = state.margin_summary.account_value != 0
    in_spot = any(b.coin == "USDC" and b.total != 0 for b in spot.balances)
    if mode in parse.UNIFIED_MODES:
        return in_perp and not in_spot
    return in_spot and not in_perp


def address_of(text: str) -> EvmAddress:
    """An address as the venue keys it: lower case."""
    return EvmAddress(text.lower())
