"""Generated documents are current."""

import json
import re
from pathlib import Path

import pytest

from asgard_basis.cli.documents import PICTURES, documents
from asgard_basis.cli.main import app
from asgard_basis.cli.openapi import openapi

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))[1:]
MADE = documents(app)
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})


@pytest.mark.parametrize("name", MADE)
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text() == MADE[name](), "run `make docs`"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_the_code_does(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PICTURES[name](), "run `make docs`"


def test_nothing_lies_beside_the_pages_that_are_made() -> None:
    assert {page.name for page in REFERENCE.iterdir()} == set(MADE)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_names_the_tests_that_hold_it(decision: Path) -> None:
    _, found, enforced = decision.read_text().partition("Enforced by:")
    assert found
    named = re.findall(r"`(tests/[^`]+)`", enforced.partition("\n\n")[0])
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (page.parent / target).exists()] == []


def test_every_operation_names_its_errors() -> None:
    contract = json.loads(openapi())
    silent = [
        f"{method} {path}"
        for path, operations in contract["paths"].items()
        for method, operation in operations.items()
        if not {"401", "422", "500", "503"} <= set(operation["responses"])
    ]
    assert silent == []
