"""The world's books: is every dollar where the chains and the venues say it is?"""

from dataclasses import dataclass
from decimal import Decimal

from solders.token.state import Mint

from asgard_paper.arbitrum.chain import BRIDGE, BRIDGE_FLOAT
from asgard_paper.control.faucet import given_in_total
from asgard_paper.solana.addresses import TOKENS, Token
from asgard_paper.world import World

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Check:
    """Two ways to count the same money."""

    name: str
    expected: Decimal
    actual: Decimal
    balanced: bool

    @property
    def difference(self) -> Decimal:
        """Actual less expected."""
        return self.actual - self.expected


async def audit(world: World) -> dict[str, object]:
    """Count all money twice; `balanced` is true when every pair agrees."""
    checks = [*await _arbitrum(world), _exchange(world), *_vault(world)]
    return {
        "balanced": all(check.balanced for check in checks),
        "at_ms": world.clock.now_ms(),
        "checks": [
            {
                "name": check.name,
                "expected": str(check.expected),
                "actual": str(check.actual),
                "difference": str(check.difference),
                "balanced": check.balanced,
            }
            for check in checks
        ],
        "solana_supply": {
            token.symbol: str(supply)
            for token in TOKENS
            if (supply := _supply(world, token)) is not None
        },
        "given": {field: str(amount) for field, amount in given_in_total(world).items()},
    }


async def _arbitrum(world: World) -> list[Check]:
    """USDC on Arbitrum is the float and the gifts; the bridge holds what the venue owes."""
    # one pass first, so that nothing that already lies on the bridge is still unseen
    await world.tick()
    supply = _usdc(await world.arbitrum.usdc_supply())
    bridge = _usdc(await world.arbitrum.usdc_balance(BRIDGE))
    books = world.hyperliquid.books
    paid = sum(
        (row.amount for row in books.withdrawals.values() if row.transaction_hash is not None),
        _ZERO,
    )
    owed = _usdc(BRIDGE_FLOAT) + books.house.deposited + world.bridge.waiting_usdc - paid
    left, came = map(_usdc, await world.arbitrum.burned_and_minted())
    minted = _usdc(BRIDGE_FLOAT) + given_in_total(world).get("usdc_arbitrum", _ZERO)
    return [
        _equal(
            "arbitrum: USDC supply is the bridge's float, the gifts and what crossed",
            minted - left + came,
            supply,
        ),
        _equal("bridge: holds the float and deposits less payouts", owed, bridge),
    ]


def _exchange(world: World) -> Check:
    """What accounts hold is what came in, less what went out, plus what trading brought."""
    books = world.hyperliquid.books
    house = books.house
    held = sum(
        (
            account.cash
            + account.spot_usdc
            + sum((position.raw_usd for position in account.positions.values()), _ZERO)
            for account in books.accounts.values()
        ),
        _ZERO,
    )
    expected = (
        house.deposited
        - house.lost_deposits
        - house.withdrawn
        - house.fees
        - house.trade_cash
        + house.funding
        - house.liquidator
    )
    return _equal("hyperliquid: accounts hold what came in and was earned", expected, held)


def _vault(world: World) -> list[Check]:
    """The margin venue's vault holds at least the tokens its books say."""
    vault = world.solana.vault.pubkey()
    checks = []
    for token in TOKENS:
        book = world.asgard.ledger.books.get(str(token.mint))
        if book is None:
            continue
        unit = Decimal(1).scaleb(-token.decimals)
        booked = book.balance * unit
        held = world.solana.token_balance(vault, token.mint) * unit
        name = f"asgard: the vault covers its books in {token.symbol}"
        checks.append(Check(name, booked, held, balanced=held >= booked))
    return checks


def _supply(world: World, token: Token) -> Decimal | None:
    account = world.solana.account(token.mint)
    if account is None:
        return None
    state = Mint.from_bytes(bytes(account.data))
    return Decimal(state.supply).scaleb(-state.decimals)


def _equal(name: str, expected: Decimal, actual: Decimal) -> Check:
    return Check(name, expected, actual, balanced=expected == actual)


def _usdc(native: int) -> Decimal:
    return Decimal(native).scaleb(-6)
