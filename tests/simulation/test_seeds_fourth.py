"""The fourth part of the seeds."""

from tests.simulation.parts import SeedsOf


class TestFourth(SeedsOf):
    PART = 3
