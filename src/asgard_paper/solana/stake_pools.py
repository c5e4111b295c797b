"""Stake pools' accounts, so that redemption rates can be read as on the real chain.

Layouts: `@solana/spl-stake-pool` for jitoSOL and jupSOL, Sanctum's `PoolState` for INF. The
pools cannot be staked into: only their state is there, following the market path.
"""

from decimal import Decimal

from solders.account import Account
from solders.pubkey import Pubkey

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.market import INF, JITOSOL, JUPSOL, LstState, MarketPath
from asgard_paper.solana.addresses import INF_MINT, TOKEN_BY_SYMBOL
from asgard_paper.solana.chain import SolanaChain

STAKE_POOL_PROGRAM = Pubkey.from_string("SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy")
MULTI_POOL_PROGRAM = Pubkey.from_string("SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn")
INF_CONTROLLER = Pubkey.from_string("5ocnV1qiCgaQR8Jb8xWnVbApfaygJ8tNoZfgPwsgx9kx")
INF_POOL_STATE = Pubkey.from_string("AYhux5gJzCoeoc1PoJ1VxwPDe22RwcvpHviLDD1oCGvW")
POOLS = {
    JITOSOL: (
        Pubkey.from_string("Jito4APyf642JPZPx3hGc6WWJ8zPKtRbRs4P815Awbb"),
        STAKE_POOL_PROGRAM,
    ),
    JUPSOL: (
        Pubkey.from_string("8VpRhuxa7sUUepdY3kQiTmX9rS5vx4WgaXiAnXq4KCtr"),
        MULTI_POOL_PROGRAM,
    ),
}
EPOCHS_PER_YEAR = Decimal("182.5")
POOL_SUPPLY = 10_000_000_000_000_000
"""Pool tokens in native units: ten million tokens."""
INF_SUPPLY = 1_000_000_000_000
_ACCOUNT_BYTES = 611


class StakePools:
    """Keeps the pools' accounts at the market's redemption rates."""

    def __init__(self, chain: SolanaChain, *, clock: Clock, market: MarketPath) -> None:
        self._chain = chain
        self._clock = clock
        self._market = market
        self._written: dict[str, Decimal] = {}

    def advance(self) -> None:
        """Write every pool whose rate has changed."""
        for name, state in self._market.at(self._clock.now_ms()).lsts.items():
            if self._written.get(name) == state.redemption_rate:
                continue
            if name == INF:
                self._write_inf(state)
            elif name in POOLS:
                key, program = POOLS[name]
                data = stake_pool_data(mint=TOKEN_BY_SYMBOL[name].mint, state=state)
                self._chain.place(key, _account(data, program))
            self._written[name] = state.redemption_rate

    def _write_inf(self, state: LstState) -> None:
        mint = INF_MINT
        supply = self._chain.supply(mint)
        if supply == 0:
            self._chain.mint_tokens(self._chain.vault.pubkey(), mint, INF_SUPPLY)
            supply = self._chain.supply(mint)
        value = int(Decimal(supply) * state.redemption_rate)
        data = bytearray(176)
        data[0:8] = value.to_bytes(8, "little")
        data[144:176] = bytes(mint)
        self._chain.place(INF_POOL_STATE, _account(bytes(data), INF_CONTROLLER))


def stake_pool_data(*, mint: Pubkey, state: LstState) -> bytes:
    """A pool at the state's rate, one epoch after it stood one epoch of yield lower."""
    growth = (1 + state.staking_apy) ** (1 / EPOCHS_PER_YEAR)
    lamports = int(POOL_SUPPLY * state.redemption_rate)
    before = int(POOL_SUPPLY * state.redemption_rate / growth)
    fixed = bytearray(282)
    fixed[0] = 1
    fixed[162:194] = bytes(mint)
    fixed[258:266] = lamports.to_bytes(8, "little")
    fixed[266:274] = POOL_SUPPLY.to_bytes(8, "little")
    lockup, fee, absent = bytes(48), bytes(16), b"\0"
    tail = (
        lockup
        + fee  # epoch fee
        + absent  # its successor
        + absent  # preferred deposit vote
        + absent  # preferred withdrawal vote
        + fee  # stake deposit fee
        + fee  # stake withdrawal fee
        + absent  # its successor
        + b"\0"  # stake referral fee
        + absent  # SOL deposit authority
        + fee  # SOL deposit fee
        + b"\0"  # SOL referral fee
        + absent  # SOL withdrawal authority
        + fee  # SOL withdrawal fee
        + absent  # its successor
        + POOL_SUPPLY.to_bytes(8, "little")
        + before.to_bytes(8, "little")
    )
    data = bytes(fixed) + tail
    return data + bytes(_ACCOUNT_BYTES - len(data))


def _account(data: bytes, owner: Pubkey) -> Account:
    return Account(lamports=10_000_000, data=data, owner=owner, executable=False, rent_epoch=0)
