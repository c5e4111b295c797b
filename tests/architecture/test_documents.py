"""Generated documents are current."""

import json
from pathlib import Path

from asgard_basis.cli.documents import error_reference
from asgard_basis.cli.openapi import openapi

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_the_recorded_contract_is_the_servers() -> None:
    recorded = json.loads((REFERENCE / "openapi.json").read_text())
    assert recorded == json.loads(openapi()), "run `make docs`"


def test_the_error_reference_lists_every_code() -> None:
    assert (REFERENCE / "errors.md").read_text() == error_reference(), "run `make docs`"


def test_every_operation_names_its_errors() -> None:
    contract = json.loads(openapi())
    silent = [
        f"{method} {path}"
        for path, operations in contract["paths"].items()
        for method, operation in operations.items()
        if not {"401", "422", "500", "503"} <= set(operation["responses"])
    ]
    assert silent == []
