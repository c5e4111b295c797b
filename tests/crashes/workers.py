"""Several workers of one product: which of them acts, and what each has said."""

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import psycopg

from asgard_basis.cli.visitor import wait_for
from tests.crashes.machine import Machine
from tests.crashes.saver import Saver


class Workers:
    """Looked at through the database they share, and their logs."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @property
    def names(self) -> list[str]:
        """As `basis up` calls them."""
        return [name for name in self._machine.pids() if name.split("-")[0] == "work"]

    def asked(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says to the worker role."""
        environment = Path(f"/proc/{self._machine.pids()['serve']}/environ").read_bytes()
        entries = dict(entry.split(b"=", 1) for entry in environment.split(b"\0") if b"=" in entry)
        with psycopg.connect(entries[b"DATABASE_URL"].decode()) as connection:
            connection.execute("SET ROLE basis_worker")
            return connection.execute(query.encode(), values).fetchall()

    def tenure(self, person: Saver) -> tuple[str, int]:
        """Which worker acts for a person now, and its fence."""

        def found() -> tuple[str, int] | None:
            rows = self.asked(
                "SELECT holder, fence FROM leases WHERE name = 'user:' ||"
                " (SELECT user_id FROM wallets WHERE address = %s) AND holder IS NOT NULL",
                person.wallets["evm_address"],
            )
            pids = {str(pid): name for name, pid in self._machine.pids().items()}
            for holder, fence in rows:
                name = pids.get(holder.split(":")[1])
                if name is not None:
                    return name, fence
            return None

        held: tuple[str, int] = wait_for(found, seconds=30, what="a worker")
        return held

    def successor(self, person: Saver, *, fence: int, seconds: float) -> str:
        """Who takes over from the holder of that fence, within that time."""

        def found() -> str | None:
            name, newest = self.tenure(person)
            return name if newest > fence else None

        name: str = wait_for(found, seconds=seconds, what="a successor")
        return name

    def let_go(self, person: Saver, *, fence: int, seconds: float) -> None:
        """Wait until that tenure has ended, or was taken over."""

        def ended() -> bool | None:
            rows = self.asked(
                "SELECT 1 FROM leases WHERE holder IS NOT NULL AND fence = %s AND name = 'user:' ||"
                " (SELECT user_id FROM wallets WHERE address = %s)",
                fence,
                person.wallets["evm_address"],
            )
            return None if rows else True

        wait_for(ended, seconds=seconds, what="the end of a tenure")

    def registered(self) -> set[int]:
        """The numbers the queue knows workers by."""
        return {number for (number,) in self.asked("SELECT id FROM procrastinate_workers")}

    def silent(self) -> bool:
        """Whether one of them has missed its heartbeats."""
        return bool(
            self.asked(
                "SELECT 1 FROM procrastinate_workers"
                " WHERE last_heartbeat < now() - interval '8 seconds'"
            )
        )

    def end(self, name: str, number: signal.Signals) -> None:
        """Send a signal to it; `basis up` starts another in its place."""
        os.kill(self._machine.pids()[name], number)

    def pause(self, name: str) -> None:
        """SIGSTOP: it keeps its connections, and does nothing."""
        os.kill(self._machine.pids()[name], signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT: it goes on in the middle of whatever it was doing."""
        with contextlib.suppress(ProcessLookupError):  # one that has ended waits for nothing
            os.kill(self._machine.pids()[name], signal.SIGCONT)

    def said(self, name: str, *, since: int = 0) -> list[dict[str, Any]]:
        """The lines of its log, from that one on."""
        lines = self._machine.stack.log(name).splitlines()[since:]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def steps(self, job_id: str) -> list[tuple[str, int, str]]:
        """Its journal: name, attempt, status, in their order."""
        rows = self.asked(
            "SELECT name, attempt, status FROM saga_steps WHERE job_id = %s ORDER BY sequence",
            job_id,
        )
        return [(name, attempt, status) for name, attempt, status in rows]
