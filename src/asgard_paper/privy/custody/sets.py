"""Condition sets: long lists of values that policies refer to by id."""

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.privy.custody.quorums import Quorums
from asgard_paper.privy.ids import Secrets
from asgard_paper.privy.records import ConditionSet, ConditionSetItem
from asgard_paper.privy.refusals import ALREADY_EXISTS, Refusal, malformed, not_found
from asgard_paper.privy.shelf import Shelf
from asgard_paper.privy.wire import Fields

ITEMS_MAX = 100
NAME_MAX = 100


class ConditionSets:
    """The condition sets of the app and their items."""

    def __init__(self, clock: Clock, store: Store, secrets: Secrets, quorums: Quorums) -> None:
        self._clock = clock
        self._secrets = secrets
        self._quorums = quorums
        self._sets = Shelf(store, "condition_sets", ConditionSet)
        self._items = Shelf(store, "condition_set_items", ConditionSetItem)

    def create(self, fields: Fields) -> ConditionSet:
        """A new, empty set."""
        made = ConditionSet(
            id=self._secrets.new_id("condition_set"),
            name=fields.text("name", most=NAME_MAX),
            owner_id=self._quorums.owner_from(fields),
            created_at_ms=self._clock.host_ms(),
        )
        self._sets.put(made.id, made)
        return made

    def update(self, set_id: str, fields: Fields) -> ConditionSet:
        """Change the name or the owner."""
        old = self.require(set_id)
        moved = fields.has("owner") or fields.has("owner_id")
        changed = ConditionSet(
            id=old.id,
            name=fields.text("name", most=NAME_MAX) if fields.has("name") else old.name,
            owner_id=self._quorums.owner_from(fields) if moved else old.owner_id,
            created_at_ms=old.created_at_ms,
        )
        self._sets.put(set_id, changed)
        return changed

    def require(self, set_id: str) -> ConditionSet:
        """The set; raises Refusal 404."""
        found = self._sets.get(set_id)
        if found is None:
            raise not_found("Condition set")
        return found

    def has(self, set_id: str) -> bool:
        """Does the set exist?"""
        return self._sets.get(set_id) is not None

    def remove(self, set_id: str) -> None:
        """Forget a set; conditions that refer to it become false."""
        for item in self.items(set_id):
            self._items.remove(item.id)
        self._sets.remove(set_id)

    def items(self, set_id: str) -> list[ConditionSetItem]:
        """The items of a set in order of addition."""
        return [item for item in self._items if item.condition_set_id == set_id]

    def item(self, set_id: str, item_id: str) -> ConditionSetItem:
        """One item; raises Refusal 404."""
        found = self._items.get(item_id)
        if found is None or found.condition_set_id != set_id:
            raise not_found("Condition set item")
        return found

    def add(self, set_id: str, body: object, *, replacing: bool) -> list[ConditionSetItem]:
        """Add values, or put them in place of all old ones; all or nothing; raises Refusal 400."""
        values = _values(body)
        old = self.items(set_id)
        taken = set() if replacing else {item.value for item in old}
        for value in values:
            if value in taken:
                raise Refusal(400, f"Value {value} is already in the set", ALREADY_EXISTS)
            taken.add(value)
        for item in old if replacing else ():
            self._items.remove(item.id)
        made = [
            ConditionSetItem(
                id=self._secrets.new_id("condition_set_item"),
                condition_set_id=set_id,
                value=value,
                created_at_ms=self._clock.host_ms(),
            )
            for value in values
        ]
        for item in made:
            self._items.put(item.id, item)
        return made

    def remove_item(self, set_id: str, item_id: str) -> None:
        """Drop one item; raises Refusal 404."""
        self._items.remove(self.item(set_id, item_id).id)

    def members(self) -> dict[str, frozenset[str]]:
        """The values of every set by its id."""
        found: dict[str, set[str]] = {}
        for item in self._items:
            found.setdefault(item.condition_set_id, set()).add(item.value)
        return {set_id: frozenset(values) for set_id, values in found.items()}


def _values(body: object) -> list[str]:
    if not isinstance(body, list) or not 1 <= len(body) <= ITEMS_MAX:
        raise malformed("body", f"Expected array of 1 to {ITEMS_MAX} items")
    return [Fields(item, str(index)).text("value") for index, item in enumerate(body)]
