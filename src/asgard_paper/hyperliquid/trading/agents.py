"""API wallets: keys that trade for a master and can neither withdraw nor approve.

Source: the venue's documentation and a recorded testnet run of September 2026: one unnamed and
three named agents, 90 days unless the name says otherwise, at most 180.
"""

import re

from asgard_paper.hyperliquid.clearing.books import Books
from asgard_paper.hyperliquid.clearing.records import Account, Agent
from asgard_paper.hyperliquid.refusal import Refused

NAMED_MAX = 3
NAME_LENGTH_MAX = 16
DAY_MS = 86_400_000
DEFAULT_DAYS = 90
DAYS_MAX = 180
NOBODY = "0x" + "0" * 40
_VALID_UNTIL = re.compile(r"^(.*?) ?valid_until (\d+)$")


def approve_agent(
    books: Books, account: Account, *, address: str, name: str | None, now_ms: int
) -> None:
    """Add an agent, replacing the one of the same name; the zero address only removes."""
    address = address.lower()
    title, valid_until_ms = _split(name or "", now_ms)
    if len(title) > NAME_LENGTH_MAX:
        raise Refused("Extra agent name must be between 1 and 16 characters long")
    kept = [agent for agent in account.agents if (agent.name or "") != title]
    if address == NOBODY:
        books.save_agents(account, kept)
        return
    if address in books.master_of or address in books.accounts:
        raise Refused("Extra agent already used.")
    if title and sum(1 for agent in kept if agent.name) >= NAMED_MAX:
        raise Refused(
            f"Too many extra agents for cumulative volume traded. Current limit is {NAMED_MAX}"
        )
    added = Agent(address=address, name=title or None, valid_until_ms=valid_until_ms)
    books.save_agents(account, [*kept, added])


def account_of(books: Books, signer: str, now_ms: int) -> Account | None:
    """The account a trading signature speaks for: the signer's own or its master's."""
    own = books.accounts.get(signer)
    if own is not None:
        return own
    master = books.accounts.get(books.master_of.get(signer, ""))
    if master is None:
        return None
    live = any(a.address == signer and a.valid_until_ms > now_ms for a in master.agents)
    return master if live else None


def _split(name: str, now_ms: int) -> tuple[str, int]:
    found = _VALID_UNTIL.match(name)
    if found is None:
        return name, now_ms + DEFAULT_DAYS * DAY_MS
    valid_until_ms = int(found.group(2))
    if not now_ms < valid_until_ms <= now_ms + DAYS_MAX * DAY_MS:
        raise Refused("Agent valid_until already expired.")
    return found.group(1), valid_until_ms
