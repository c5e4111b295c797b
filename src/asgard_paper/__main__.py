"""`python -m asgard_paper`: run the paper world."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from asgard_paper.arbitrum.anvil import AnvilMissing
from asgard_paper.hyperliquid.limits import WEIGHT_PER_MINUTE
from asgard_paper.kernel.recordings import HistoryError
from asgard_paper.server import LISTENERS, CannotServe, Served, serve
from asgard_paper.world import Wish, WorldMismatch


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; 0 after a clean end, 2 when the world cannot be as asked."""
    given = _parser().parse_args(arguments)
    served = Served(
        data=given.data,
        wish=Wish(
            seed=given.seed,
            history=given.history,
            start_ms=given.start,
            speed=given.speed,
            patience_ms=given.bridge_seconds * 1000,
        ),
        ports={name: getattr(given, f"port_{name}") for name in LISTENERS},
        host=given.host,
        public_host=given.public_host,
        ready_file=given.ready_file,
        weight_per_minute=given.hyperliquid_weight,
    )
    try:
        asyncio.run(serve(served))
    except (CannotServe, WorldMismatch, HistoryError, AnvilMissing) as error:
        print(f"paper world: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asgard_paper", description="Every venue of the product, simulated on real protocols."
    )
    recorded = os.environ.get("BASIS_HISTORY")
    parser.add_argument("--data", type=Path, required=True, help="folder of this world")
    parser.add_argument("--seed", type=int, help="which world (default 1)")
    parser.add_argument(
        "--history",
        type=Path,
        default=Path(recorded) if recorded else None,
        help="folder of recordings to replay (default: BASIS_HISTORY, else a generated market)",
    )
    parser.add_argument("--speed", type=float, help="market seconds per second; 0 is stepped")
    parser.add_argument("--start", type=_moment, help="first market moment, ISO 8601, UTC")
    parser.add_argument(
        "--bridge-seconds", type=int, default=4, help="longest wait at the bridge in host time"
    )
    parser.add_argument(
        "--hyperliquid-weight",
        type=int,
        default=int(os.environ.get("PAPER_HYPERLIQUID_WEIGHT") or WEIGHT_PER_MINUTE),
        help="Hyperliquid's request budget a minute for each address"
        " (default: PAPER_HYPERLIQUID_WEIGHT, else the venue's own)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--public-host", help="name under which others reach this host")
    parser.add_argument("--ready-file", type=Path, help="written when every port answers")
    for name in LISTENERS:
        parser.add_argument(f"--port-{name}", type=int, help=f"port for {name}")
    return parser


def _moment(text: str) -> int:
    parsed = datetime.fromisoformat(text)
    known = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
    return int(known.timestamp() * 1000)


if __name__ == "__main__":
    sys.exit(main())
