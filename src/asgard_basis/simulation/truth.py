"""What is really so at the venues, read from their engines and not from their answers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from asgard_basis.simulation.prehistory import Person
from asgard_basis.simulation.venues import Venues
from asgard_paper.asgard.records import ACTIVE
from asgard_paper.asgard.records import Position as PaperLong
from asgard_paper.hyperliquid.clearing.records import Fill

COIN = "SOL"
_NATIVE = Decimal(10**6)


@dataclass(frozen=True, slots=True)
class Truth:
    """Reads the engines; never changes them."""

    venues: Venues

    def short_size(self, person: Person) -> Decimal:
        """SOL the person's account is short; negative when it is long."""
        account = self.venues.hyperliquid.books.accounts.get(person.evm)
        position = account.positions.get(COIN) if account else None
        return -position.size if position else Decimal(0)

    def fills(self, person: Person) -> list[Fill]:
        """Everything the account ever traded, oldest first."""
        return self.venues.hyperliquid.books.fills.get(person.evm, [])

    def longs(self, person: Person) -> Iterator[PaperLong]:
        """Every long the person ever had."""
        for position in self.venues.asgard.ledger.positions.values():
            if position.owner == person.solana:
                yield position

    def active_longs(self, person: Person) -> list[PaperLong]:
        """Those that are open."""
        return [position for position in self.longs(person) if position.state == ACTIVE]

    def sol_at_most(self, long: PaperLong) -> Decimal:
        """As `sol_of`, before a liquidation that whoever hedges it cannot know of yet."""
        if self.venues.asgard.ledger.liquidations_of(long.pda):
            return self.sol_of(replace(long, collateral=long.collateral_entry))
        return self.sol_of(long)

    def sol_of(self, long: PaperLong) -> Decimal:
        """SOL a long is worth by redemption."""
        lsts = self.venues.market.at(self.venues.time.now_ms()).lsts
        rate = lsts[long.symbol].redemption_rate if long.symbol in lsts else Decimal(1)
        return long.collateral * rate

    def net_sol(self, person: Person) -> Decimal:
        """Long less short, in SOL."""
        longs = sum((self.sol_of(long) for long in self.active_longs(person)), Decimal(0))
        return longs - self.short_size(person)

    def arbitrum_usdc(self, person: Person) -> Decimal:
        """USDC in the person's wallet on Arbitrum."""
        return Decimal(self.venues.ledger.usdc.get(person.evm, 0)) / _NATIVE

    def exchange_difference(self) -> Decimal:
        """What the exchange's accounts hold, less what they should hold by its own sums."""
        books = self.venues.hyperliquid.books
        house = books.house
        held = sum(
            (
                account.cash
                + account.spot_usdc
                + sum((position.raw_usd for position in account.positions.values()), Decimal(0))
                for account in books.accounts.values()
            ),
            Decimal(0),
        )
        return held - (
            house.deposited
            - house.lost_deposits
            - house.withdrawn
            - house.fees
            - house.trade_cash
            + house.funding
            - house.liquidator
        )
