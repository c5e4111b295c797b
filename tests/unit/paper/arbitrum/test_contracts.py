"""The compiled contracts are what the sources say."""

import shutil
import subprocess
from pathlib import Path

import pytest

from asgard_paper.arbitrum.contracts import COMPILED


def test_the_compiled_contracts_come_from_these_sources(tmp_path: Path) -> None:
    node = shutil.which("node")
    roots = COMPILED.resolve().parents
    if node is None or not any((root / "node_modules" / "solc").is_dir() for root in roots):
        pytest.skip("node or solc is not installed: run `npm install`")
    again = tmp_path / "compiled.json"
    subprocess.run([node, str(COMPILED.with_name("compile.mjs")), str(again)], check=True)
    assert again.read_bytes() == COMPILED.read_bytes()
