"""Books of made-up lives: balanced, in the venues' units, the same however often they are made."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from asgard_basis.domain.ledger.attribution import added
from asgard_basis.domain.ledger.postings import holdings, unbalanced
from tests.unit.domain.ledger.histories import a_history, booked

DUST = Decimal("0.000001")


def test_every_entry_balances_and_has_a_name_of_its_own() -> None:
    for seed in range(200):
        entries, _ = booked(a_history(seed))
        assert not [e for e in entries if unbalanced(e.postings)], seed
        assert len({entry.key for entry in entries}) == len(entries), seed


def test_units_held_are_those_of_the_venues() -> None:
    for seed in range(200):
        history = a_history(seed)
        entries, stand = booked(history)
        held = holdings(entries)
        tokens = held.get(("assets:kamino:collateral", history.position.asset.value), 0)
        debt = held.get(("liabilities:kamino:debt", "USDC"), 0)
        assert abs(tokens - stand.tokens) < DUST, seed
        assert abs(debt + stand.debt_usdc) < DUST, seed
        if stand.is_long_closed:
            assert abs(tokens) < DUST


def test_what_is_booked_is_not_booked_again() -> None:
    history = a_history(7)
    _, stand = booked(history)
    again, after = booked(replace(history, settled=[], refreshes=[]), stand)
    assert again == []
    assert after == stand


def test_the_order_in_which_records_come_in_changes_nothing() -> None:
    for seed in range(100):
        history = a_history(seed)
        entries, _ = booked(history)
        mixed = replace(history, settled=list(history.settled), refreshes=list(history.refreshes))
        Random(seed).shuffle(mixed.settled)
        Random(seed).shuffle(mixed.refreshes)
        assert booked(mixed)[0] == entries


def test_records_that_come_late_lead_to_the_same_result() -> None:
    for seed in range(300):
        history = a_history(seed)
        entries, _ = booked(history)
        first, stand = booked(
            replace(history, settled=history.settled[::2], episodes=history.episodes[:1])
        )
        late, _ = booked(
            replace(history, settled=history.settled[1::2], refreshes=history.refreshes[-1:]), stand
        )
        whole = added([entry.result for entry in entries])
        pieces = added([entry.result for entry in [*first, *late]])
        assert abs(whole.total - pieces.total) < DUST, seed
        assert whole.funding == pieces.funding
