"""Key quorums, policies with their rules, aggregations, and condition sets with their items."""

from starlette.routing import Route

from asgard_paper.privy import shapes
from asgard_paper.privy.refusals import IN_USE, Refusal
from asgard_paper.privy.server.gate import DONE, Gate, Visit, page

KEY_IN_USE = "authorization_key_has_associated_wallets"


class QuorumApi:
    """The routes below /key_quorums; a quorum is its own owner."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._engine = gate.engine
        self._quorums = gate.engine.quorums

    def routes(self) -> list[Route]:
        """Create, read, change, delete."""
        route = self._gate.route
        return [
            route("POST", "/key_quorums", self.create),
            route("GET", "/key_quorums/{id}", self.get),
            route("PATCH", "/key_quorums/{id}", self.update),
            route("DELETE", "/key_quorums/{id}", self.delete),
        ]

    def create(self, visit: Visit) -> object:
        """A new quorum."""
        return shapes.key_quorum(self._quorums.create(visit.fields))

    def get(self, visit: Visit) -> object:
        """One quorum."""
        return shapes.key_quorum(self._quorums.require(visit.ids["id"]))

    def update(self, visit: Visit) -> object:
        """Change members or threshold, signed by the present members."""
        quorum = self._quorums.require(visit.ids["id"])
        self._gate.owned(visit, quorum.id, "key quorum")
        return shapes.key_quorum(self._quorums.update(quorum.id, visit.fields))

    def delete(self, visit: Visit) -> object:
        """Delete a quorum that no wallet depends on."""
        quorum = self._quorums.require(visit.ids["id"])
        self._gate.owned(visit, quorum.id, "key quorum")
        if self._engine.wallets.using_quorum(quorum.id):
            raise Refusal(400, "Key quorum has associated wallets", KEY_IN_USE)
        self._quorums.remove(quorum.id)
        return DONE


class PolicyApi:
    """The routes below /policies."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._engine = gate.engine
        self._controls = gate.engine.controls

    def routes(self) -> list[Route]:
        """Policies and their rules."""
        route = self._gate.route
        return [
            route("POST", "/policies", self.create),
            route("GET", "/policies/{id}", self.get),
            route("PATCH", "/policies/{id}", self.update),
            route("DELETE", "/policies/{id}", self.delete),
            route("POST", "/policies/{id}/rules", self.add_rule),
            route("GET", "/policies/{id}/rules/{rule_id}", self.get_rule),
            route("PATCH", "/policies/{id}/rules/{rule_id}", self.update_rule),
            route("DELETE", "/policies/{id}/rules/{rule_id}", self.delete_rule),
        ]

    def create(self, visit: Visit) -> object:
        """A new policy, once per idempotency key."""
        return self._engine.idempotency.once(
            visit.call, lambda: shapes.policy(self._controls.create_policy(visit.fields))
        )

    def get(self, visit: Visit) -> object:
        """One policy."""
        return shapes.policy(self._controls.policy(visit.ids["id"]))

    def update(self, visit: Visit) -> object:
        """Change name, owner or all rules."""
        policy_id = self._owned(visit)
        return shapes.policy(self._controls.update_policy(policy_id, visit.fields))

    def delete(self, visit: Visit) -> object:
        """Delete a policy that no wallet stands under."""
        policy_id = self._owned(visit)
        if self._engine.wallets.using_policy(policy_id):
            raise Refusal(400, "Policy is attached to a wallet", IN_USE)
        self._controls.remove_policy(policy_id)
        return DONE

    def add_rule(self, visit: Visit) -> object:
        """Append one rule."""
        policy_id = self._owned(visit)
        return shapes.rule(self._controls.add_rule(policy_id, visit.fields))

    def get_rule(self, visit: Visit) -> object:
        """One rule."""
        return shapes.rule(self._controls.rule(visit.ids["id"], visit.ids["rule_id"]))

    def update_rule(self, visit: Visit) -> object:
        """Replace one rule."""
        policy_id = self._owned(visit)
        rule = self._controls.update_rule(policy_id, visit.ids["rule_id"], visit.fields)
        return shapes.rule(rule)

    def delete_rule(self, visit: Visit) -> object:
        """Drop one rule."""
        self._controls.remove_rule(self._owned(visit), visit.ids["rule_id"])
        return DONE

    def _owned(self, visit: Visit) -> str:
        policy = self._controls.policy(visit.ids["id"])
        self._gate.owned(visit, policy.owner_id, "policy")
        return policy.id


class AggregationApi:
    """The routes below /aggregations."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._engine = gate.engine
        self._controls = gate.engine.controls

    def routes(self) -> list[Route]:
        """Create, read, delete; aggregations cannot be changed."""
        route = self._gate.route
        return [
            route("POST", "/aggregations", self.create),
            route("GET", "/aggregations/{id}", self.get),
            route("DELETE", "/aggregations/{id}", self.delete),
        ]

    def create(self, visit: Visit) -> object:
        """A new aggregation, once per idempotency key."""
        return self._engine.idempotency.once(
            visit.call, lambda: shapes.aggregation(self._controls.create_aggregation(visit.fields))
        )

    def get(self, visit: Visit) -> object:
        """One aggregation."""
        return shapes.aggregation(self._controls.aggregation(visit.ids["id"]))

    def delete(self, visit: Visit) -> object:
        """Forget an aggregation."""
        aggregation = self._controls.aggregation(visit.ids["id"])
        self._gate.owned(visit, aggregation.owner_id, "aggregation")
        self._controls.remove_aggregation(aggregation.id)
        return DONE


class ConditionSetApi:
    """The routes below /condition_sets."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._sets = gate.engine.sets

    def routes(self) -> list[Route]:
        """Sets and their items."""
        route = self._gate.route
        items = "/condition_sets/{id}/condition_set_items"
        return [
            route("POST", "/condition_sets", self.create),
            route("GET", "/condition_sets/{id}", self.get),
            route("PATCH", "/condition_sets/{id}", self.update),
            route("DELETE", "/condition_sets/{id}", self.delete),
            route("GET", items, self.items),
            route("POST", items, self.add_items),
            route("PUT", items, self.replace_items),
            route("GET", f"{items}/{{item_id}}", self.item),
            route("DELETE", f"{items}/{{item_id}}", self.delete_item),
        ]

    def create(self, visit: Visit) -> object:
        """A new set."""
        return shapes.condition_set(self._sets.create(visit.fields))

    def get(self, visit: Visit) -> object:
        """One set."""
        return shapes.condition_set(self._sets.require(visit.ids["id"]))

    def update(self, visit: Visit) -> object:
        """Change name or owner."""
        return shapes.condition_set(self._sets.update(self._owned(visit), visit.fields))

    def delete(self, visit: Visit) -> object:
        """Forget a set and its items."""
        self._sets.remove(self._owned(visit))
        return DONE

    def items(self, visit: Visit) -> object:
        """A page of items, those that contain the query text if there is one."""
        text = visit.query.get("query", "")
        made = self._sets.require(visit.ids["id"])
        found = [item for item in self._sets.items(made.id) if text in item.value]
        items, cursor = page(found, visit, lambda item: item.id)
        return {
            "items": [shapes.condition_set_item(item) for item in items],
            "next_cursor": cursor,
        }

    def item(self, visit: Visit) -> object:
        """One item."""
        found = self._sets.item(visit.ids["id"], visit.ids["item_id"])
        return shapes.condition_set_item(found)

    def add_items(self, visit: Visit) -> object:
        """Add up to 100 values."""
        return self._put(visit, replacing=False)

    def replace_items(self, visit: Visit) -> object:
        """Put up to 100 values in place of all old ones."""
        return self._put(visit, replacing=True)

    def delete_item(self, visit: Visit) -> object:
        """Drop one item."""
        self._sets.remove_item(self._owned(visit), visit.ids["item_id"])
        return DONE

    def _put(self, visit: Visit, *, replacing: bool) -> object:
        made = self._sets.add(self._owned(visit), visit.call.body, replacing=replacing)
        return [shapes.condition_set_item(item) for item in made]

    def _owned(self, visit: Visit) -> str:
        found = self._sets.require(visit.ids["id"])
        self._gate.owned(visit, found.owner_id, "condition set")
        return found.id
