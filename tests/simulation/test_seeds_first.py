"""The first part of the seeds."""

from tests.simulation.parts import SeedsOf


class TestFirst(SeedsOf):
    PART = 0
