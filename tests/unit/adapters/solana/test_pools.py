"""Redemption rates come out of the pools' own accounts as they are stored on chain."""

import base64
import json
import struct
from decimal import Decimal
from pathlib import Path

from asgard_basis.adapters.solana.pools import inf_rate, stake_pool_rate
from asgard_basis.domain.assets import TOKENS, Asset
from tests.unit.adapters.solana.offers import key

JUPSOL, JITOSOL, INF = (TOKENS[a].mint for a in (Asset.JUPSOL, Asset.JITOSOL, Asset.INF))


def recorded_pool(folder: Path) -> bytes:
    account = json.loads((folder / "lst" / "inf15_jupsol-pool.json").read_text())["account"]
    return base64.b64decode(account["data"][0])


def test_recorded_jupsol_pool(recorded: Path) -> None:
    rate = stake_pool_rate(recorded_pool(recorded), mint=JUPSOL)
    assert rate is not None
    assert rate.redemption_rate == Decimal(5279156915932922) / Decimal(4737129478525448)
    assert rate.staking is not None
    assert round(rate.staking.value, 4) == Decimal("0.0787")


def test_a_pool_of_another_token_is_not_read(recorded: Path) -> None:
    assert stake_pool_rate(recorded_pool(recorded), mint=JITOSOL) is None


def test_a_pool_without_last_epoch_has_a_rate_but_no_yield(recorded: Path) -> None:
    rate = stake_pool_rate(recorded_pool(recorded)[:300], mint=JUPSOL)
    assert rate is not None
    assert rate.staking is None


def test_implausible_figures_are_unknown_rather_than_wrong(recorded: Path) -> None:
    pool = bytearray(recorded_pool(recorded))
    struct.pack_into("<Q", pool, 258, 10**18)
    assert stake_pool_rate(bytes(pool), mint=JUPSOL) is None
    struct.pack_into("<Q", pool, 266, 0)
    assert stake_pool_rate(bytes(pool), mint=JUPSOL) is None
    assert stake_pool_rate(b"", mint=JUPSOL) is None


def test_inf_is_total_value_over_supply() -> None:
    state = (1_407_837 * 10**9).to_bytes(8, "little") + bytes(136) + bytes(key(INF))
    mint = bytes(36) + (10**15).to_bytes(8, "little") + bytes(38)
    rate = inf_rate(state, mint, mint=INF)
    assert rate is not None
    assert rate.redemption_rate == Decimal("1.407837")
    assert rate.staking is None
    assert inf_rate(state, mint, mint=JITOSOL) is None
