"""Wallets: create, look up, change, archive, sign with, export."""

from starlette.routing import Route

from asgard_paper.privy import shapes
from asgard_paper.privy.calls import Reply
from asgard_paper.privy.custody.wallets import BATCH_MAX
from asgard_paper.privy.records import CHAIN_TYPES, Wallet
from asgard_paper.privy.refusals import INVALID_DATA, Refusal, malformed
from asgard_paper.privy.server.gate import Gate, Visit, page
from asgard_paper.privy.wire import Fields


class WalletApi:
    """The routes below /wallets."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._engine = gate.engine

    def routes(self) -> list[Route]:
        """Fixed paths before those with parameters."""
        route = self._gate.route
        return [
            route("POST", "/wallets", self.create),
            route("GET", "/wallets", self.list),
            route("POST", "/wallets/batch", self.create_batch),
            route("POST", "/wallets/address", self.by_address),
            route("GET", "/wallets/{id}", self.get),
            route("PATCH", "/wallets/{id}", self.update),
            route("POST", "/wallets/{id}/archive", self.archive),
            route("POST", "/wallets/{id}/rpc", self.rpc),
            route("POST", "/wallets/{id}/export", self.export),
        ]

    def create(self, visit: Visit) -> object:
        """A new wallet, once per idempotency key."""
        return self._engine.idempotency.once(
            visit.call, lambda: self._shape(self._engine.wallets.create(visit.fields))
        )

    def create_batch(self, visit: Visit) -> object:
        """Up to 100 wallets; each succeeds or fails by itself."""

        def act() -> object:
            return {
                "results": [
                    self._one_of_batch(index, item)
                    for index, item in enumerate(visit.fields.objects("wallets", most=BATCH_MAX))
                ]
            }

        return self._engine.idempotency.once(visit.call, act)

    def list(self, visit: Visit) -> object:
        """A page of wallets that match the query."""
        found = [
            wallet
            for wallet in self._engine.wallets.all(archived=visit.flag("include_archived"))
            if self._matches(wallet, visit)
        ]
        wallets, cursor = page(found, visit, lambda wallet: wallet.id)
        return {"data": [self._shape(wallet) for wallet in wallets], "next_cursor": cursor}

    def get(self, visit: Visit) -> object:
        """One wallet by id."""
        archived = visit.flag("include_archived")
        return self._shape(self._engine.wallets.require(visit.ids["id"], archived=archived))

    def by_address(self, visit: Visit) -> object:
        """One wallet by address."""
        fields = visit.fields
        archived = fields.raw("include_archived") is True
        return self._shape(
            self._engine.wallets.by_address(fields.text("address"), archived=archived)
        )

    def update(self, visit: Visit) -> object:
        """Change what the owner has signed."""
        wallet = self._engine.wallets.require(visit.ids["id"])
        self._gate.owned(visit, wallet.owner_id, "wallet")
        return self._shape(self._engine.wallets.update(wallet.id, visit.fields))

    def archive(self, visit: Visit) -> object:
        """Retire a wallet; the service asks for no signature here."""
        return self._shape(self._engine.wallets.archive(visit.ids["id"]))

    def rpc(self, visit: Visit) -> Reply:
        """Sign."""
        return self._engine.signer.rpc(visit.call, visit.ids["id"])

    def export(self, visit: Visit) -> Reply:
        """Hand out the private key, sealed."""
        return self._engine.signer.export(visit.call, visit.ids["id"])

    def _shape(self, wallet: Wallet) -> dict[str, object]:
        return shapes.wallet(wallet, self._engine.wallets.owner_of(wallet))

    def _one_of_batch(self, index: int, item: Fields) -> dict[str, object]:
        try:
            wallet = self._engine.wallets.create(item)
        except Refusal as refusal:
            code = refusal.code or INVALID_DATA
            return {"index": index, "success": False, "error": refusal.text, "code": code}
        return {"index": index, "success": True, "wallet": self._shape(wallet)}

    def _matches(self, wallet: Wallet, visit: Visit) -> bool:
        query = visit.query
        chain_type = query.get("chain_type")
        if chain_type not in (None, *CHAIN_TYPES):
            raise malformed("chain_type", f"Invalid value {chain_type}")
        if chain_type not in (None, wallet.chain_type):
            return False
        if query.get("external_id") not in (None, wallet.external_id):
            return False
        if query.get("address") not in (None, wallet.address):
            return False
        owner = self._engine.wallets.owner_of(wallet)
        user_id = query.get("user_id")
        if user_id is not None and (owner is None or user_id not in owner.user_ids):
            return False
        key = query.get("authorization_key")
        return key is None or self._engine.quorums.holds_key(wallet.owner_id, key)
