"""Any process dies at any point of the journal: each leg is there once, and the money adds up."""

from collections.abc import Iterator

import pytest

from tests.crashes.campaign import Campaign
from tests.crashes.crowd import Stage
from tests.crashes.machine import Machine
from tests.crashes.points import CLOSE, OPEN, POINTS, Point


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    """A product for twenty people at once, none of whom waits for a budget."""
    machine = Machine(
        tmp_path_factory.mktemp("points"),
        BASIS_SEED="26",
        BASIS_START="2026-11-01T00:00:00Z",
        POOL_SIZE="60",
    )
    try:
        assert machine.stack.url
        made = Campaign(machine)
        yield made
        made.close()
    finally:
        machine.close()


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_a_process_that_dies_here_leaves_nothing_half_done(
    campaign: Campaign, point: Point
) -> None:
    assert campaign.troubles(point) == []


def test_the_points_cover_every_step_of_an_opening_and_a_closing(campaign: Campaign) -> None:
    campaign.troubles(POINTS[0])
    assert campaign.steps == {Stage.OPENING: set(OPEN), Stage.CLOSING: set(CLOSE)}
