"""The fifth part of the seeds."""

from tests.simulation.parts import SeedsOf


class TestFifth(SeedsOf):
    PART = 4
