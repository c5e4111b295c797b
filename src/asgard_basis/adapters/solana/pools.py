"""Redemption rates of staking tokens, read from their pools' own accounts.

Layouts: `@solana/spl-stake-pool` (fixed up to `last_update_epoch`, then optional fields of
varying length), and Sanctum's `PoolState` for INF.
"""

from dataclasses import dataclass
from decimal import Decimal

from solders.pubkey import Pubkey

from asgard_basis.domain.market.rates import AnnualYield
from asgard_basis.domain.money import ONE

EPOCHS_PER_YEAR = Decimal("182.5")
"""432 000 slots of 400 ms."""
_POOL_MINT, _TOTAL_LAMPORTS, _POOL_SUPPLY = 162, 258, 266
_AFTER_LAST_UPDATE = 282
_LOCKUP, _FEE, _KEY = 48, 16, 32
_STAKE_POOL_ACCOUNT = 1
_INF_MINT_AT, _MINT_SUPPLY_AT = 144, 36
_PLAUSIBLE_RATE = (Decimal("0.9"), Decimal(10))
_PLAUSIBLE_YIELD = (Decimal("-0.05"), Decimal("0.30"))


@dataclass(frozen=True, slots=True)
class PoolRate:
    """What one token redeems for."""

    redemption_rate: Decimal
    """SOL per token."""
    staking: AnnualYield | None
    """Realised over the last epoch, compounded over a year; None where it is not stated."""


def stake_pool_rate(data: bytes, *, mint: str) -> PoolRate | None:
    """The rate of an SPL stake pool, or None when the account is not that token's pool."""
    if len(data) < _AFTER_LAST_UPDATE or data[0] != _STAKE_POOL_ACCOUNT:
        return None
    if str(Pubkey.from_bytes(data[_POOL_MINT : _POOL_MINT + _KEY])) != mint:
        return None
    rate = _ratio(_u64(data, _TOTAL_LAMPORTS), _u64(data, _POOL_SUPPLY))
    if rate is None:
        return None
    return PoolRate(rate, _realised(rate, _last_epoch_rate(data)))


def inf_rate(pool_state: bytes, mint_account: bytes, *, mint: str) -> PoolRate | None:
    """The rate of INF: the pool's whole SOL value over the token's supply."""
    if len(pool_state) < _INF_MINT_AT + _KEY or len(mint_account) < _MINT_SUPPLY_AT + 8:
        return None
    if str(Pubkey.from_bytes(pool_state[_INF_MINT_AT : _INF_MINT_AT + _KEY])) != mint:
        return None
    rate = _ratio(_u64(pool_state, 0), _u64(mint_account, _MINT_SUPPLY_AT))
    return None if rate is None else PoolRate(rate, None)


def _last_epoch_rate(data: bytes) -> Decimal | None:
    try:
        at = _AFTER_LAST_UPDATE + _LOCKUP + _FEE
        at = _skip_option(data, at, _FEE)
        at = _skip_option(data, at, _KEY)
        at = _skip_option(data, at, _KEY)
        at = _skip_option(data, at + 2 * _FEE, _FEE)
        at = _skip_option(data, at + 1, _KEY)
        at = _skip_option(data, at + _FEE + 1, _KEY)
        at = _skip_option(data, at + _FEE, _FEE)
        supply, lamports = _u64(data, at), _u64(data, at + 8)
    except IndexError:
        return None
    return _ratio(lamports, supply)


def _skip_option(data: bytes, at: int, size: int) -> int:
    # FutureEpochFee has two filled variants, so any flag but zero is followed by a value.
    return at + 1 + (size if data[at] else 0)


def _realised(rate: Decimal, before: Decimal | None) -> AnnualYield | None:
    if before is None:
        return None
    yearly = (rate / before) ** EPOCHS_PER_YEAR - ONE
    low, high = _PLAUSIBLE_YIELD
    return AnnualYield(yearly) if low <= yearly <= high else None


def _ratio(lamports: int, supply: int) -> Decimal | None:
    if supply == 0:
        return None
    rate = Decimal(lamports) / Decimal(supply)
    low, high = _PLAUSIBLE_RATE
    return rate if low <= rate <= high else None


def _u64(data: bytes, at: int) -> int:
    if len(data) < at + 8:
        raise IndexError(at)
    return int.from_bytes(data[at : at + 8], "little")
