"""The table of the benchmarks."""

from benchmarks.__main__ import cells


def test_a_target_of_nothing_is_shown() -> None:
    row = {"name": "lost", "value": 0.0, "unit": "orders", "target": 0}
    assert cells(row) == ("lost", "0.0", "orders", "0", "", "")
    assert cells(row | {"target": None})[3:5] == ("", "")
    assert cells(row | {"value": 5, "target": 10})[3:5] == ("10", "50%")
