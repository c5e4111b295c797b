"""Policies and aggregations: what stands between a request and a signature."""

from dataclasses import replace

from asgard_paper.kernel.clock import Clock
from asgard_paper.kernel.store import Store
from asgard_paper.privy.custody.documents import MEASURABLE, Documents, measure
from asgard_paper.privy.custody.quorums import Quorums
from asgard_paper.privy.custody.sets import ConditionSets
from asgard_paper.privy.ids import Secrets
from asgard_paper.privy.policies import PolicyState, RpcRequest, referenced, spends_of
from asgard_paper.privy.records import (
    CHAIN_TYPES,
    Aggregation,
    Policy,
    Rule,
    Spend,
)
from asgard_paper.privy.refusals import INVALID_AGGREGATION, Refusal, malformed, not_found
from asgard_paper.privy.shelf import Shelf
from asgard_paper.privy.wire import Fields

POLICY_NAME_MAX = 50
RULES_MAX = 100
AGGREGATIONS_MAX = 10
FILTERS_MAX = 100
GROUPS_MAX = 2
WINDOW_SECONDS = (3_600, 259_200)


class Controls:
    """The policies of the app and everything their conditions refer to."""

    def __init__(
        self,
        clock: Clock,
        store: Store,
        secrets: Secrets,
        quorums: Quorums,
        sets: ConditionSets,
    ) -> None:
        self._clock = clock
        self._secrets = secrets
        self._quorums = quorums
        self._policies = Shelf(store, "policies", Policy)
        self._aggregations = Shelf(store, "aggregations", Aggregation)
        self._spends = Shelf(store, "spends", Spend)
        self._sets = sets
        self._documents = Documents(
            has_set=sets.has,
            has_aggregation=lambda found: self._aggregations.get(found) is not None,
        )

    def create_policy(self, fields: Fields) -> Policy:
        """A new policy; raises Refusal 400 for a document the service would not store."""
        fields.choice("version", ("1.0",))
        chain_type = fields.choice("chain_type", CHAIN_TYPES)
        policy = Policy(
            id=self._secrets.new_id("policy"),
            name=fields.text("name", most=POLICY_NAME_MAX),
            chain_type=chain_type,
            owner_id=self._quorums.owner_from(fields),
            created_at_ms=self._clock.host_ms(),
            rules=self._rules(fields, chain_type),
        )
        self._policies.put(policy.id, policy)
        return policy

    def update_policy(self, policy_id: str, fields: Fields) -> Policy:
        """Change name, owner or the whole list of rules."""
        policy = self.policy(policy_id)
        if fields.has("name"):
            policy = replace(policy, name=fields.text("name", most=POLICY_NAME_MAX))
        if fields.has("rules"):
            policy = replace(policy, rules=self._rules(fields, policy.chain_type))
        if fields.has("owner") or fields.has("owner_id"):
            policy = replace(policy, owner_id=self._quorums.owner_from(fields))
        self._policies.put(policy.id, policy)
        return policy

    def remove_policy(self, policy_id: str) -> None:
        """Forget a policy."""
        self._policies.remove(policy_id)

    def policy(self, policy_id: str) -> Policy:
        """The policy; raises Refusal 404."""
        policy = self._policies.get(policy_id)
        if policy is None:
            raise not_found("Policy")
        return policy

    def find_policy(self, policy_id: str) -> Policy | None:
        """The policy, or None."""
        return self._policies.get(policy_id)

    def add_rule(self, policy_id: str, fields: Fields) -> Rule:
        """Append one rule."""
        policy = self.policy(policy_id)
        rule = self._documents.rule(fields, policy.chain_type, self._secrets.new_id("rule"))
        self._policies.put(policy_id, replace(policy, rules=[*policy.rules, rule]))
        return rule

    def update_rule(self, policy_id: str, rule_id: str, fields: Fields) -> Rule:
        """Replace one rule."""
        policy = self.policy(policy_id)
        self.rule(policy_id, rule_id)
        rule = self._documents.rule(fields, policy.chain_type, rule_id)
        rules = [rule if old.id == rule_id else old for old in policy.rules]
        self._policies.put(policy_id, replace(policy, rules=rules))
        return rule

    def remove_rule(self, policy_id: str, rule_id: str) -> None:
        """Drop one rule."""
        policy = self.policy(policy_id)
        self.rule(policy_id, rule_id)
        kept = [rule for rule in policy.rules if rule.id != rule_id]
        self._policies.put(policy_id, replace(policy, rules=kept))

    def rule(self, policy_id: str, rule_id: str) -> Rule:
        """The rule; raises Refusal 404."""
        for rule in self.policy(policy_id).rules:
            if rule.id == rule_id:
                return rule
        raise not_found("Rule")

    def _rules(self, fields: Fields, chain_type: str) -> list[Rule]:
        return [
            self._documents.rule(item, chain_type, self._secrets.new_id("rule"))
            for item in fields.objects("rules", most=RULES_MAX)
        ]

    def create_aggregation(self, fields: Fields) -> Aggregation:
        """A new rolling sum; at most 10 per app; raises Refusal 400."""
        if len(self._aggregations) >= AGGREGATIONS_MAX:
            raise Refusal(400, f"At most {AGGREGATIONS_MAX} aggregations", INVALID_AGGREGATION)
        method = fields.choice("method", MEASURABLE)
        metric = fields.object("metric")
        metric.choice("function", ("sum",))
        window = fields.object("window")
        window.choice("type", ("rolling",))
        least, most = WINDOW_SECONDS
        seconds = window.optional_integer("seconds", least=least, most=most)
        if seconds is None:
            raise malformed(window.path("seconds"), "Required")
        aggregation = Aggregation(
            id=self._secrets.new_id("aggregation"),
            name=fields.text("name", most=255),
            method=method,
            metric=measure(metric),
            window_seconds=seconds,
            conditions=[
                self._documents.filter(item, method)
                for item in fields.objects("conditions", most=FILTERS_MAX)
            ],
            group_by=[measure(item) for item in fields.objects("group_by", most=GROUPS_MAX)],
            owner_id=self._quorums.owner_from(fields),
            created_at_ms=self._clock.host_ms(),
        )
        self._aggregations.put(aggregation.id, aggregation)
        return aggregation

    def aggregation(self, aggregation_id: str) -> Aggregation:
        """The aggregation; raises Refusal 404."""
        aggregation = self._aggregations.get(aggregation_id)
        if aggregation is None:
            raise not_found("Aggregation")
        return aggregation

    def remove_aggregation(self, aggregation_id: str) -> None:
        """Forget an aggregation; conditions that refer to it become false."""
        self._aggregations.remove(aggregation_id)

    def record(self, policies: list[Policy], request: RpcRequest) -> None:
        """Count a signed request in every aggregation these policies refer to."""
        state = self.state()
        now_ms = self._clock.host_ms()
        for aggregation_id in sorted(
            {found for policy in policies for found in referenced(policy)}
        ):
            aggregation = self._aggregations.get(aggregation_id)
            if aggregation is None:
                continue
            spend = spends_of(aggregation, request, state, now_ms)
            if spend is not None:
                self._spends.put(self._secrets.new_id("spend"), spend)
        longest_ms = WINDOW_SECONDS[1] * 1000
        for key in self._spends.keys_until(lambda spend: spend.at_ms > now_ms - longest_ms):
            self._spends.remove(key)

    def state(self) -> PolicyState:
        """What policies may know at this moment of host time."""
        return PolicyState(
            now_seconds=self._clock.host_ms() // 1000,
            condition_sets=self._sets.members(),
            aggregations={found.id: found for found in self._aggregations},
            spends=tuple(self._spends),
        )
