"""What happens to an account without its owner's doing: ADL, a stranger's hand, a crash."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from asgard_paper.kernel.market import SOL
from asgard_paper.kernel.overlay import Shock, ShockKind
from asgard_paper.world import World

_MINUTE_MS = 60_000
_SIZE_MAX = Decimal(100_000)


class MischiefRefused(ValueError):
    """It cannot be done; nothing has changed."""


def deleverage(world: World, wish: Mapping[str, object]) -> dict[str, str]:
    """Auto-deleverage an account's SOL: {"address": "0x..", "size": "2"}; what was closed."""
    world.hyperliquid.advance()
    try:
        closed = world.hyperliquid.deleverage(_address(world, wish), SOL, _size(wish))
    finally:
        world.hyperliquid.commit()
    return {"closed": str(closed)}


def trade(world: World, wish: Mapping[str, object]) -> dict[str, str]:
    """Trade SOL for an account by hand: {"address": "0x..", "side": "sell", "size": "2"}."""
    side = wish.get("side")
    if side not in {"buy", "sell"}:
        raise MischiefRefused("side must be buy or sell")
    status = world.hyperliquid.trade_by_hand(
        _address(world, wish), SOL, is_buy=side == "buy", size=_size(wish)
    )
    world.hyperliquid.commit()
    filled = status.get("filled")
    if not isinstance(filled, dict):
        raise MischiefRefused(str(status.get("error", status)))
    return {"filled": str(filled["totalSz"]), "price": str(filled["avgPx"])}


def shock(world: World, wish: Mapping[str, object]) -> dict[str, str]:
    """Move the market: {"kind": "price", "size": "-0.5", "minutes": "1"} of market time."""
    try:
        kind = ShockKind(str(wish.get("kind")))
    except ValueError as error:
        raise MischiefRefused(f"kind must be one of: {', '.join(ShockKind)}") from error
    size, minutes = _number(wish, "size"), _number(wish, "minutes")
    if abs(size) >= 1 or not 0 < minutes <= 60 * 24 * 7:
        raise MischiefRefused("size must be between -1 and 1, minutes at most a week")
    now_ms = world.clock.now_ms()
    world.market.add(Shock(kind, now_ms, now_ms + int(minutes * _MINUTE_MS), size))
    world.save_shocks()
    world.store.commit()
    return {"kind": kind.value, "size": str(size), "minutes": str(minutes)}


def _address(world: World, wish: Mapping[str, object]) -> str:
    address = str(wish.get("address", "")).lower()
    if address not in world.hyperliquid.books.accounts:
        raise MischiefRefused("address must be an account at the exchange")
    return address


def _size(wish: Mapping[str, object]) -> Decimal:
    size = _number(wish, "size")
    if not 0 < size <= _SIZE_MAX:
        raise MischiefRefused(f"size must be more than 0 and at most {_SIZE_MAX}")
    return size


def _number(wish: Mapping[str, object], field: str) -> Decimal:
    value = wish.get(field)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise MischiefRefused(f"{field} must be a decimal string")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise MischiefRefused(f"{field} must be a decimal string") from error
    if not number.is_finite():
        raise MischiefRefused(f"{field} must be finite")
    return number
