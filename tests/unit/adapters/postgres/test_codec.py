"""What is stored as JSON comes back as it was."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgard_basis.adapters.postgres.codec import STORED, decoded, encoded
from asgard_basis.domain.risk.limits import RiskLimits
from asgard_basis.domain.saga.step import Intent, Outcome, PlainIntent

_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
st.register_type_strategy(Decimal, _DECIMALS)
# Bounds that contradict each other cannot be made, so they cannot be stored either.
st.register_type_strategy(
    RiskLimits, st.builds(RiskLimits, positions_max=st.integers(), drawdown_max=_DECIMALS)
)
# Mappings are plain dictionaries wherever anything is stored.
st.register_type_strategy(
    Mapping, lambda kind: st.dictionaries(*(st.from_type(each) for each in kind.__args__))
)
_VALUES = st.one_of(*(st.from_type(kind) for kind in STORED.values()))


@settings(max_examples=300, deadline=None)
@given(_VALUES)
def test_every_stored_value_comes_back(value: Any) -> None:
    text = encoded(value)
    assert decoded(text) == value
    assert type(decoded(text)) is type(value)
    assert decoded(json.dumps(json.loads(text), sort_keys=True)) == value


def test_decimals_keep_every_digit_as_text() -> None:
    from asgard_basis.domain.saga.step import MarginIntent

    value = MarginIntent(Decimal("1.10"), Decimal("0.123456789012345678901234567890"))
    assert '"1.10"' in encoded(value)
    assert str(decoded(encoded(value)).amount_usdc) == "1.10"  # type: ignore[attr-defined]


def test_every_intent_and_outcome_can_be_stored() -> None:
    for kind in (*Intent.__args__, *Outcome.__args__):
        assert STORED[kind.__name__] is kind


@pytest.mark.parametrize(
    ("kind", "value", "missing"),
    [
        (
            "OrderIntent",
            '"client_order_id":"0x01","is_buy":false,"size":"6","limit_price":"170",'
            '"reduce_only":false,"mid_price":"171"',
            {"nonce": None, "expires_at_ms": None},
        ),
        (
            "SolanaIntent",
            '"signature":"sig","transactions":["tx"],"echo":"{}","expires_at_height":1,'
            '"position_key":null,"oracle_price":"170"',
            {"all_signatures": ("sig",), "reduction": None},
        ),
        (
            "LongReduced",
            '"signature":"sig","usdc_received":"1","sol_spent":"1"',
            {"percentage": 0},
        ),
    ],
)
def test_rows_of_before_are_read_without_what_they_lack(
    kind: str, value: str, missing: dict[str, Any]
) -> None:
    found = decoded(f'{{"type":"{kind}","value":{{{value}}}}}')
    assert {name: getattr(found, name) for name in missing} == missing


def test_a_class_that_is_not_listed_is_refused() -> None:
    with pytest.raises(TypeError, match="not among the stored"):
        encoded({"a": 1})
    with pytest.raises(ValueError, match="unknown class 'Gone'"):
        decoded(encoded(PlainIntent("x")).replace("PlainIntent", "Gone"))
