"""A killed world comes back with the same keys, people, sessions and limits."""

from pathlib import Path

import pytest

from asgard_paper.kernel.store import SqliteStore
from asgard_paper.privy.refusals import Refusal
from asgard_paper.privy.wire import Fields
from tests.unit.paper.privy import policy_set as ps
from tests.unit.paper.privy.setting import HandClock, Person, paper_engine, quorum_of, sign
from tests.unit.paper.privy.test_aggregations import capped, daily, paying

ADA = Person(0)


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    clock = HandClock()
    store = SqliteStore(tmp_path / "world.db")
    engine = paper_engine(clock, store)
    wallet = capped(engine, daily(engine), 100)
    first = sign(engine, wallet.id, paying(60), ADA, key="k")
    engine.identity.send_code("ada@example.org")
    session = engine.identity.sign_in(
        "ada@example.org", engine.mailbox()[-1].code, may_sign_up=True
    )
    engine.identity.send_code("ada@example.org")
    store.close()

    again = paper_engine(clock, SqliteStore(tmp_path / "world.db"))
    assert again.wallets.require(wallet.id) == wallet
    assert again.tokens.verification_key == engine.tokens.verification_key
    assert sign(again, wallet.id, paying(60), ADA, key="k") == first
    with pytest.raises(Refusal, match="policy violation"):
        sign(again, wallet.id, paying(41), ADA)
    assert sign(again, wallet.id, paying(40), ADA).status == 200
    assert again.mailbox() == engine.mailbox()
    code = again.mailbox()[-1].code
    assert again.identity.sign_in("ada@example.org", code, may_sign_up=False)
    renewed = again.identity.refresh(session.access_token, session.refresh_token)
    assert renewed.user == again.users.require(session.user.id)
    fresh = again.wallets.create(Fields({"chain_type": "ethereum"}))
    assert fresh.address != wallet.address


def test_keys_follow_the_seed() -> None:
    def addresses() -> list[str]:
        engine = paper_engine()
        owner_id = quorum_of(engine, ADA)
        return [
            engine.wallets.create(Fields({"chain_type": kind, "owner_id": owner_id})).address
            for kind in ("ethereum", "ethereum", "solana", "solana")
        ]

    assert addresses() == addresses()
    assert len(set(addresses())) == 4


def test_rules_come_back_verbatim(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "world.db")
    engine = paper_engine(None, store)
    body = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": list(ps.EVM_RULES)}
    made = engine.controls.create_policy(Fields(body))
    store.close()
    again = paper_engine(None, SqliteStore(tmp_path / "world.db"))
    assert again.controls.policy(made.id) == made
