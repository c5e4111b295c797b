"""The use cases that open, watch and close positions, joined."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from asgard_basis.application.trading.close_position import ClosePosition
from asgard_basis.application.trading.lone_legs import LoneLegs
from asgard_basis.application.trading.open_position import OpenPosition
from asgard_basis.application.trading.pair_factory import PairFactory
from asgard_basis.application.trading.position_book import PositionBook
from asgard_basis.application.trading.position_views import PositionViews
from asgard_basis.application.trading.preflight import Gatekeeper, Preflight
from asgard_basis.application.trading.reduce_position import ReducePosition
from asgard_basis.application.trading.wallet_rules import WalletRules
from asgard_basis.bootstrap.ground import Ground
from asgard_basis.bootstrap.guarding import Means, Watchers, watchers
from asgard_basis.bootstrap.rail import crossing


@dataclass(frozen=True, slots=True)
class Trading:
    """Trading as doors and watchers use it."""

    preflight: Preflight
    open_position: OpenPosition
    close_position: ClosePosition
    reduce_position: ReducePosition
    views: PositionViews
    watchers: Watchers
    pulse: Callable[[], Awaitable[None]]
    """To be called every second, so that who has to leave in a hurry waits for no block."""


def trading_of(ground: Ground) -> Trading:
    """Join them."""
    outside, clock, limits = ground.outside, ground.clock, ground.limits
    transactions = ground.transactions
    pairs = PairFactory(
        perp=outside.perp,
        margin=outside.margin,
        chain=outside.solana,
        reader=ground.reader,
        clock=clock,
        limits=limits,
    )
    book = PositionBook(
        transactions=transactions, perp=outside.perp, margin=outside.margin, clock=clock
    )
    alone = _lone_legs(ground, pairs)
    close_position = ClosePosition(
        transactions=transactions,
        desk=ground.desk,
        runner=ground.runner,
        pairs=pairs,
        alone=alone,
        book=book,
        clock=clock,
    )
    reduce_position = ReducePosition(
        transactions=transactions,
        desk=ground.desk,
        runner=ground.runner,
        pairs=pairs,
        alone=alone,
        book=book,
        clock=clock,
        limits=limits,
    )
    watching = watchers(
        _means(ground),
        pairs=pairs,
        book=book,
        closings=close_position,
        reductions=reduce_position,
    )
    preflight = _preflight(ground, watching.gate)
    return Trading(
        preflight=preflight,
        open_position=OpenPosition(
            transactions=transactions,
            preflight=preflight,
            gate=ground.opening_gate,
            rules=WalletRules(outside.custody),
            desk=ground.desk,
            runner=ground.runner,
            pairs=pairs,
            book=book,
            clock=clock,
            limits=limits,
        ),
        close_position=close_position,
        reduce_position=reduce_position,
        views=_views(ground),
        watchers=watching,
        pulse=pairs.pulse,
    )


def _preflight(ground: Ground, existence: Gatekeeper) -> Preflight:
    return Preflight(
        transactions=ground.transactions,
        gate=ground.opening_gate,
        reader=ground.reader,
        board=ground.board,
        perp=ground.outside.perp,
        solana=ground.outside.solana,
        clock=ground.clock,
        limits=ground.limits,
        fees=ground.fees,
        existence=existence,
    )


def _lone_legs(ground: Ground, pairs: PairFactory) -> LoneLegs:
    return LoneLegs(
        transactions=ground.transactions,
        runner=ground.runner,
        pairs=pairs,
        perp=ground.outside.perp,
        margin=ground.outside.margin,
        solana=ground.outside.solana,
        reader=ground.reader,
        clock=ground.clock,
        limits=ground.limits,
        fees=ground.fees,
        ids=ground.ids,
    )


def _views(ground: Ground) -> PositionViews:
    return PositionViews(
        transactions=ground.transactions,
        reader=ground.reader,
        board=ground.board,
        clock=ground.clock,
        limits=ground.limits,
        fees=ground.fees,
    )


def _means(ground: Ground) -> Means:
    return Means(
        transactions=ground.transactions,
        perp=ground.outside.perp,
        margin=ground.outside.margin,
        solana=ground.outside.solana,
        market=ground.reader,
        clock=ground.clock,
        limits=ground.limits,
        fees=ground.fees,
        desk=ground.desk,
        runner=ground.runner,
        crossing=crossing(ground.outside.route),
    )
