"""Rolling sums: they look ahead, roll on, are shared, and die with their aggregation."""

from asgard_paper.privy import PrivyEngine
from asgard_paper.privy.records import Wallet
from asgard_paper.privy.wire import Fields
from tests.unit.paper.privy import policy_set as ps
from tests.unit.paper.privy.setting import HandClock, Person, paper_engine, sign
from tests.unit.paper.privy.test_rpc import asks, code_of, make, policy_id

ADA = Person(0)


def daily(engine: PrivyEngine, **changes: object) -> str:
    body: dict[str, object] = {
        "name": "daily",
        "method": "eth_signTransaction",
        "metric": {
            "field": "transfer.amount",
            "field_source": "ethereum_calldata",
            "abi": ps.TRANSFER_ABI,
            "function": "sum",
        },
        "window": {"type": "rolling", "seconds": 86_400},
        "conditions": [ps.to(ps.USDC)],
        "group_by": [],
    }
    return engine.controls.create_aggregation(Fields(body | changes)).id


def capped(engine: PrivyEngine, aggregation_id: str, cap: int) -> Wallet:
    limit = ps.on("reference", f"aggregation.{aggregation_id}", "lte", str(cap))
    rules = ps.transfer_rule("bridge", ps.BRIDGE, limit)
    return make(engine, policy_ids=[policy_id(engine, rules)])


def paying(amount: int) -> ps.Json:
    return asks(ps.transaction(data=ps.transfer(ps.BRIDGE, amount)))


def test_rolling_sum_looks_ahead_and_rolls_on() -> None:
    clock = HandClock()
    engine = paper_engine(clock)
    wallet = capped(engine, daily(engine), 100)
    assert sign(engine, wallet.id, paying(60), ADA).status == 200
    assert code_of(engine, wallet.id, paying(41), ADA)[1] == "policy_violation"
    clock.pass_seconds(3_600)
    assert sign(engine, wallet.id, paying(40), ADA).status == 200
    assert code_of(engine, wallet.id, paying(1), ADA)[1] == "policy_violation"
    clock.pass_seconds(86_400 - 3_600)
    assert code_of(engine, wallet.id, paying(61), ADA)[1] == "policy_violation"
    assert sign(engine, wallet.id, paying(60), ADA).status == 200


def test_sums_are_kept_per_group_and_shared_among_wallets() -> None:
    engine = paper_engine()
    by_recipient = [
        {"field": "transfer.to", "field_source": "ethereum_calldata", "abi": ps.TRANSFER_ABI}
    ]
    aggregation_id = daily(engine, group_by=by_recipient)
    first, second = (capped(engine, aggregation_id, 100) for _ in range(2))
    assert sign(engine, first.id, paying(100), ADA).status == 200
    assert code_of(engine, second.id, paying(1), ADA)[1] == "policy_violation"
    limit = ps.on("reference", f"aggregation.{aggregation_id}", "lte", "100")
    elsewhere = policy_id(engine, ps.transfer_rule("person", ps.USER, limit))
    third = make(engine, policy_ids=[elsewhere])
    other = asks(ps.transaction(data=ps.transfer(ps.USER, 100)))
    assert sign(engine, third.id, other, ADA).status == 200


def test_deleted_aggregation_makes_its_conditions_false() -> None:
    engine = paper_engine()
    aggregation_id = daily(engine)
    wallet = capped(engine, aggregation_id, 100)
    engine.controls.remove_aggregation(aggregation_id)
    assert code_of(engine, wallet.id, paying(1), ADA)[1] == "policy_violation"
