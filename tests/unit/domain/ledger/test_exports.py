"""Exports that other programs read: beancount checks its file, a spreadsheet the other."""

import csv
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.exports import beancount_lines, csv_lines
from asgard_basis.domain.ledger.postings import Entry, Lines, holdings
from asgard_basis.domain.ledger.wallets import (
    WalletLook,
    brought_in,
    credited,
    revalued,
    sent_to_bridge,
    withdrawn,
)
from tests.unit.domain.ledger.histories import BEGIN, a_history, booked

NOW = datetime(2025, 6, 30, tzinfo=UTC)
ETH = WalletLook("arbitrum", accounts.ARBITRUM_WALLET, "0xab", "ETH", Decimal("0.01"), None)
SOL = WalletLook("solana", accounts.SOLANA_WALLET, "9xQe", "SOL", Decimal(2), Decimal("171.2345"))


def transfers() -> list[Entry]:
    priced = revalued(SOL, Decimal(300), NOW)
    assert priced is not None
    return [
        brought_in(ETH, Decimal("0.01"), NOW),
        brought_in(SOL, Decimal(2), NOW),
        brought_in(SOL, Decimal("-0.5"), NOW),
        priced,
        sent_to_bridge(Decimal(500), fee_eth=Decimal("0.000012"), transaction="0xfe", at=NOW),
        credited(Decimal(500), NOW, is_ours=True),
        withdrawn(Decimal(99), fee_usdc=Decimal(1), record="w1", at=NOW),
    ]


def every_kind() -> list[Entry]:
    entries = transfers()
    for seed in range(40):
        entries += booked(a_history(seed))[0]
    return sorted(entries, key=lambda entry: entry.at)


def checked(text: str, folder: Path) -> str:
    """What bean-check says of it; empty is good."""
    file = folder / "ledger.beancount"
    file.write_text(text)
    command = "from beancount.scripts.check import main; main()"
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", command, "--no-cache", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout + found.stderr + ("" if found.returncode == 0 else "failed")


def test_bean_check_passes(tmp_path: Path) -> None:
    pytest.importorskip("beancount")
    text = "".join(beancount_lines(every_kind(), title='Ada "the first"'))
    assert checked(text, tmp_path) == ""


def test_bean_check_notices_a_cent(tmp_path: Path) -> None:
    pytest.importorskip("beancount")
    text = "".join(beancount_lines([credited(Decimal(500), NOW, is_ours=False)], title="x"))
    assert checked(text, tmp_path) == ""
    assert "does not balance" in checked(text.replace("@@ 500 USD", "@@ 500.01 USD", 1), tmp_path)


def test_beancount_counts_the_units_we_count() -> None:
    loader = pytest.importorskip("beancount.loader")
    data = pytest.importorskip("beancount.core.data")
    entries = every_kind()
    read, errors, _ = loader.load_string("".join(beancount_lines(entries, title="x")))
    assert errors == []
    sums: dict[tuple[str, str], Decimal] = {}
    for transaction in (e for e in read if isinstance(e, data.Transaction)):
        for posting in transaction.postings:
            place = (posting.account.lower(), posting.units.currency)
            sums[place] = sums.get(place, Decimal(0)) + posting.units.number
    for (account, commodity), quantity in holdings(entries).items():
        if commodity != accounts.USD:
            assert sums.get((account, commodity.upper()), 0) == quantity, (account, commodity)


def test_csv_says_every_posting_and_leaves_the_unknown_empty() -> None:
    rows = list(csv.DictReader(csv_lines(transfers())))
    assert sum(len(entry.postings) for entry in transfers()) == len(rows)
    gas = [r for r in rows if r["account"] == accounts.FEES_NETWORK]
    assert [(r["commodity"], r["quantity"], r["usd"]) for r in gas] == [("ETH", "0.000012", "")]
    assert {r["time_utc"] for r in rows} == {"2025-06-30T00:00:00.000000Z"}


def test_csv_hides_no_formula() -> None:
    lines = Lines()
    lines.usdc(accounts.PERP_MARGIN, Decimal(1))
    entry = Entry("venue", "kind", "=cmd()", BEGIN, "+1", lines.balanced())
    row = next(csv.DictReader(csv_lines([entry])))
    assert (row["record"], row["memo"]) == ("'=cmd()", "'+1")
