"""Somebody who signs in for the first time while things go wrong, and gets wallets."""

import asyncio
from collections.abc import Callable

import httpx

from asgard_basis.domain.errors import DomainError
from asgard_basis.domain.identifiers import UserId
from asgard_basis.ports.wallets import WalletRole
from asgard_basis.simulation.deployment import Deployment
from asgard_basis.simulation.machine import Shared
from asgard_basis.simulation.prehistory import signed_in
from asgard_basis.simulation.witness import Broken

_TRIES = 30
_AGAIN_SECONDS = 5.0
_TIMEOUT_SECONDS = 60.0
_SHOWN = (DomainError, httpx.TransportError, ValueError, LookupError)
"""What a browser tells its user: our errors, and a wallet service that is away or answers oddly."""


class Newcomer:
    """Tries to sign in until it works; `check` says whether the wallets are right."""

    def __init__(
        self, name: str, deployment: Deployment, shared: Shared, tell: Callable[[str], None]
    ) -> None:
        self._name = name
        self._deployment = deployment
        self._shared = shared
        self._tell = tell
        self._before = len(list(shared.venues.privy.wallets.all()))
        self.user_id: UserId | None = None

    async def arrive(self, after: float | None) -> None:
        """Sign in at the API, as often as it takes; None stays away."""
        if after is None:
            return
        await asyncio.sleep(after)
        for _ in range(_TRIES):
            machine = self._deployment.machine("api")
            if machine is not None:
                signing = self._deployment.run_in(
                    machine, signed_in(machine, self._shared.venues, self._name), "sign in"
                )
                await asyncio.wait({signing}, timeout=_TIMEOUT_SECONDS)
                signing.cancel()
                await asyncio.wait({signing})
                if not signing.cancelled() and signing.exception() is None:
                    self.user_id = signing.result()
                    self._tell(f"{self._name} signs in for the first time")
                    return
                if not signing.cancelled():
                    self._judge(signing.exception())
            await asyncio.sleep(_AGAIN_SECONDS)

    def check(self) -> None:
        """Three wallets, each made once. Raises Broken."""
        made = len(list(self._shared.venues.privy.wallets.all())) - self._before
        if self.user_id is None:
            if made:
                raise Broken("I-5", f"{made} wallets were made for nobody")
            return
        rows = self._shared.tables.rows["wallets"].values()
        kept = {row.value.role for row in rows if row.owner == self.user_id}
        if kept != set(WalletRole) or made != len(WalletRole):
            raise Broken("I-5", f"a person has {sorted(kept)}, and {made} wallets were made")

    def _judge(self, error: BaseException | None) -> None:
        if not isinstance(error, _SHOWN):
            raise Broken("defect", f"signing in fails with {error!r}")
