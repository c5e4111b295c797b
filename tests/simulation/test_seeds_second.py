"""The second part of the seeds."""

from tests.simulation.parts import SeedsOf


class TestSecond(SeedsOf):
    PART = 1
