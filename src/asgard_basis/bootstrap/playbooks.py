"""What notices that something outside has failed, joined."""

from dataclasses import dataclass

from asgard_basis.application.operations.pause import PauseControl
from asgard_basis.application.oversight.playbook_signs import Lines, Signs
from asgard_basis.application.oversight.playbook_views import PlaybookViews
from asgard_basis.application.oversight.playbook_watch import PlaybookWatch
from asgard_basis.bootstrap.ground import Ground
from asgard_basis.domain.money import ONE


@dataclass(frozen=True, slots=True)
class Playbooks:
    """Playbooks as doors use them."""

    watch: PlaybookWatch
    views: PlaybookViews


def playbooks(ground: Ground, pauses: PauseControl) -> Playbooks:
    """Join them."""
    outside, stores = ground.outside, ground.stores
    lines = Lines(
        solana_height=outside.solana.block_height,
        # One look at the book: the cheapest question there is.
        hyperliquid=lambda: outside.perp.depth(is_buy=True, limit_price=ONE),
        signing=outside.custody.answers,
        database=stores.probe_database,
        redis=stores.probe_redis,
    )
    signs = Signs(
        lines=lines,
        transactions=ground.transactions,
        reader=ground.reader,
        clock=ground.clock,
        limits=ground.limits,
    )
    return Playbooks(
        watch=PlaybookWatch(
            transactions=ground.transactions,
            signs=signs,
            pauses=pauses,
            clock=ground.clock,
            ids=ground.ids,
        ),
        views=PlaybookViews(ground.transactions, ground.clock),
    )
