"""The third part of the seeds."""

from tests.simulation.parts import SeedsOf


class TestThird(SeedsOf):
    PART = 2
