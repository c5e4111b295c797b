"""Money from nothing, for people who try the product on paper."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from solders.pubkey import Pubkey

from asgard_paper.arbitrum.chain import BRIDGE
from asgard_paper.solana.addresses import TOKEN_BY_SYMBOL
from asgard_paper.solana.chain import FaucetError
from asgard_paper.world import World

MOST = Decimal(10_000_000)
_GIVEN = "world.given"
_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_ARBITRUM = {"eth": ("ETH", 18), "usdc_arbitrum": ("USDC", 6)}
_SOLANA = {
    "sol": ("SOL", 9),
    "usdc_solana": ("USDC", 6),
    "jitosol": ("jitoSOL", 9),
    "jupsol": ("jupSOL", 9),
    "inf": ("INF", 9),
}
FIELDS = frozenset({"evm_address", "solana_address", *_ARBITRUM, *_SOLANA})


class FaucetRefusal(ValueError):
    """A request the faucet does not fill; nothing was given."""


@dataclass(frozen=True, slots=True)
class _Gift:
    field: str
    symbol: str
    native: int
    amount: Decimal


async def give(world: World, wish: object) -> dict[str, str]:
    """Fill a request of decimal strings; transaction ids by field ("" where there is none).

    Everything is checked before anything is given. Raises FaucetRefusal.
    """
    if not isinstance(wish, dict) or not wish.keys() <= FIELDS:
        raise FaucetRefusal(f"expected an object with some of: {', '.join(sorted(FIELDS))}")
    evm, solana = _evm_address(wish), _solana_address(wish)
    arbitrum_gifts, solana_gifts = _gifts(wish, _ARBITRUM), _gifts(wish, _SOLANA)
    if arbitrum_gifts and evm is None:
        raise FaucetRefusal("evm_address is missing")
    if solana_gifts and solana is None:
        raise FaucetRefusal("solana_address is missing")
    if not arbitrum_gifts and not solana_gifts:
        raise FaucetRefusal("no amount was asked for")
    given = {}
    for gift in solana_gifts:
        assert solana is not None
        given[gift.field] = _give_on_solana(world, solana, gift)
    for gift in arbitrum_gifts:
        assert evm is not None
        given[gift.field] = await _give_on_arbitrum(world, evm, gift)
    return given


def given_in_total(world: World) -> dict[str, Decimal]:
    """Everything given so far, by faucet field."""
    return world.store.load(_GIVEN, Decimal)


async def _give_on_arbitrum(world: World, address: str, gift: _Gift) -> str:
    transaction = ""
    if gift.symbol == "ETH":
        await world.arbitrum.fund_eth(address, gift.native)
    else:
        transaction = await world.arbitrum.mint_usdc(address, gift.native)
    _note(world, "arbitrum", address, gift)
    return transaction


def _give_on_solana(world: World, address: Pubkey, gift: _Gift) -> str:
    try:
        if gift.symbol == "SOL":
            transaction = world.solana.airdrop(address, gift.native)
        else:
            mint = TOKEN_BY_SYMBOL[gift.symbol].mint
            transaction = world.solana.mint_tokens(address, mint, gift.native)
    except FaucetError as error:
        raise FaucetRefusal(f"{gift.field}: {error}") from error
    _note(world, "solana", str(address), gift)
    return transaction


def _note(world: World, chain: str, address: str, gift: _Gift) -> None:
    total = given_in_total(world).get(gift.field, Decimal(0)) + gift.amount
    world.store.put(_GIVEN, gift.field, total)
    world.journal.effect(chain, "faucet", address=address, asset=gift.symbol, amount=gift.amount)
    world.store.commit()


def _gifts(wish: dict[str, object], table: dict[str, tuple[str, int]]) -> list[_Gift]:
    gifts = []
    for field, (symbol, decimals) in table.items():
        if wish.get(field) is not None:
            amount = _amount(field, wish[field], decimals)
            gifts.append(_Gift(field, symbol, int(amount.scaleb(decimals)), amount))
    return gifts


def _amount(field: str, value: object, decimals: int) -> Decimal:
    try:
        amount = Decimal(value) if isinstance(value, str | int) else None
    except InvalidOperation:
        amount = None
    if amount is None or isinstance(value, bool) or not amount.is_finite():
        raise FaucetRefusal(f"{field} must be a decimal string")
    if not 0 < amount <= MOST:
        raise FaucetRefusal(f"{field} must be more than 0 and at most {MOST}")
    if amount != amount.quantize(Decimal(1).scaleb(-decimals)):
        raise FaucetRefusal(f"{field} has more than {decimals} decimals")
    return amount


def _evm_address(wish: dict[str, object]) -> str | None:
    address = wish.get("evm_address")
    if address is None:
        return None
    if not isinstance(address, str) or not _EVM.fullmatch(address):
        raise FaucetRefusal("evm_address must be 0x and 40 hexadecimal digits")
    if address.lower() == BRIDGE.lower():
        raise FaucetRefusal("the bridge takes no gifts: they would be lost")
    return address


def _solana_address(wish: dict[str, object]) -> Pubkey | None:
    address = wish.get("solana_address")
    if address is None:
        return None
    try:
        return Pubkey.from_string(str(address))
    except ValueError as error:
        raise FaucetRefusal(f"solana_address: {error}") from error
