"""A person with money in the product, and what the venues hold for them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asgard_basis.cli.visitor import Visitor, opened_now, wait_for
from tests.crashes.machine import Books, Machine
from tests.journeys.stack import fund, wait_until_it_pays

ENTRY = {"asset": "SOL", "size_usd": "1000", "leverage": "2"}


@dataclass
class Saver:
    """One person."""

    machine: Machine
    visitor: Visitor
    wallets: dict[str, Any]
    email: str = ""

    @property
    def books(self) -> Books:
        """What the venues say."""
        return Books(self.machine.stack, self.wallets)

    def begin_deposit(self, amount: str) -> str:
        """Ask for a deposit; the job's id."""
        accepted = self.visitor.post("/deposits", {"amount_usdc": amount}, key=str(uuid.uuid4()))
        return str(accepted["job_id"])

    def begin_opening(self, entry: Mapping[str, Any] = ENTRY) -> str:
        """Ask for a hedged pair, once every check holds; the job's id."""
        wait_until_it_pays(self.machine.stack, self.visitor, entry)
        asked = opened_now(entry)
        return str(self.visitor.post("/positions/open", asked, key=str(uuid.uuid4()))["job_id"])

    def open_pair(self, entry: Mapping[str, Any] = ENTRY) -> dict[str, Any]:
        """Open one and wait for it: the position."""
        return self.hedged(self.begin_opening(entry))

    def wait_for_step(self, job_id: str, name: str, status: str = "running") -> None:
        """Until a job's step has come that far."""

        def there() -> bool | None:
            job = self.visitor.get(f"/positions/jobs/{job_id}")
            steps = job["steps"]
            assert job["status"] in {"pending", "running"}, job
            return True if any((s["name"], s["status"]) == (name, status) for s in steps) else None

        wait_for(there, seconds=60, what=f"{name} {status}")

    def hedged(self, job_id: str) -> dict[str, Any]:
        """The position a job opened: both legs at the venues, each done once."""
        job = self.visitor.job(job_id)
        assert job["status"] == "completed", job
        position: dict[str, Any] = self.visitor.get(f"/positions/{job['position_id']}")
        assert position["state"] == "hedged"
        books = self.books
        assert books.short() == f"-{position['short']['size_sol']}"
        assert [side for _, side in books.orders()] == ["A"]
        assert len(books.longs()) == len(books.longs("/closed")) + 1 == 1
        return position


def savers(machine: Machine, *names: str) -> list[Saver]:
    """New people with 700 USDC on Solana, 550 at Hyperliquid and 50 on Arbitrum."""
    people = []
    for name in names:
        visitor = machine.visitor()
        visitor.sign_in(f"{name}@example.com", machine.world)
        people.append(Saver(machine, visitor, visitor.wallets(), f"{name}@example.com"))
        fund(machine.stack, visitor, solana="700", arbitrum="600")
    jobs = [person.begin_deposit("550") for person in people]
    for person, job in zip(people, jobs, strict=True):
        assert person.visitor.job(job)["status"] == "completed"
    return people
