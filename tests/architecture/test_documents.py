"""Generated documents are current."""

import json
from pathlib import Path

import pytest

from asgard_basis.cli.documents import documents
from asgard_basis.cli.openapi import openapi

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", documents())
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text() == documents()[name](), "run `make docs`"


def test_nothing_lies_beside_the_pages_that_are_made() -> None:
    assert {page.name for page in REFERENCE.iterdir()} == set(documents())


def test_every_operation_names_its_errors() -> None:
    contract = json.loads(openapi())
    silent = [
        f"{method} {path}"
        for path, operations in contract["paths"].items()
        for method, operation in operations.items()
        if not {"401", "422", "500", "503"} <= set(operation["responses"])
    ]
    assert silent == []
