"""What a simulation shows is judged too: drains inside a program are seen only there."""

from dataclasses import replace

import pytest

from asgard_basis.domain.assets import SYSTEM_PROGRAM, TOKENS, USDC_SOLANA, Asset
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.treasury.allowlist import TransactionValidator
from asgard_basis.domain.treasury.mandate import Mandate
from asgard_basis.domain.treasury.transaction import SimulatedEffect, TokenAccount, WalletView

OWNER, STRANGER = SolanaAddress("owner"), SolanaAddress("stranger")
USDC, WSOL, JITOSOL = (
    USDC_SOLANA.mint,
    TOKENS[Asset.SOL].mint,
    TOKENS[Asset.JITOSOL].mint,
)
BEFORE = WalletView(
    lamports=1_000_000_000,
    program=SYSTEM_PROGRAM,
    has_data=False,
    tokens={
        SolanaAddress(address): TokenAccount(SolanaAddress(address), mint, OWNER, amount)
        for address, mint, amount in (("u", USDC, 500), ("j", JITOSOL, 70), ("w", WSOL, 90))
    },
)
MANDATE = Mandate(
    owner=OWNER,
    programs=frozenset(),
    mints=frozenset({USDC}),
    own_token_accounts={},
    spend={USDC: 300},
)


def after(*, lamports: int = BEFORE.lamports, **amounts: int) -> WalletView:
    tokens = dict(BEFORE.tokens)
    for address, amount in amounts.items():
        held = SolanaAddress(address)
        tokens[held] = replace(tokens[held], amount=amount)
    return replace(BEFORE, lamports=lamports, tokens=tokens)


def found(view: WalletView, *, mandate: Mandate = MANDATE, error: str | None = None) -> set[str]:
    effect = SimulatedEffect(error=error, before=BEFORE, after=view)
    return {v.breach.value for v in TransactionValidator(mandate).check_effects([effect])}


def test_spending_what_was_asked_and_the_fees_passes() -> None:
    assert found(after(lamports=BEFORE.lamports - 71_000_000, u=200)) == set()


def test_spending_more_than_was_asked_is_refused() -> None:
    assert found(after(u=199)) == {"token_falls_too_far"}


def test_any_other_token_falling_is_refused() -> None:
    assert found(after(j=69)) == {"token_falls_too_far"}


def test_sol_falling_by_more_than_fees_tip_and_deposits_is_refused() -> None:
    assert found(after(lamports=BEFORE.lamports - 71_000_001)) == {"sol_falls_too_far"}


def test_wrapping_and_unwrapping_is_no_loss() -> None:
    assert found(after(lamports=BEFORE.lamports + 90, w=0)) == set()
    assert found(after(lamports=BEFORE.lamports - 10, w=100)) == set()
    assert found(after(lamports=BEFORE.lamports - 71_000_000, w=89)) == {"sol_falls_too_far"}


def test_an_account_that_vanishes_counts_as_empty() -> None:
    tokens = {a: t for a, t in BEFORE.tokens.items() if a != "j"}
    assert found(replace(BEFORE, tokens=tokens)) == {"token_falls_too_far"}


@pytest.mark.parametrize(
    "change",
    [
        {"owner": STRANGER},
        {"delegate": STRANGER},
        {"close_authority": STRANGER},
        {"is_frozen": True},
    ],
)
def test_control_of_a_token_account_must_not_change(change: dict[str, object]) -> None:
    tokens = dict(BEFORE.tokens)
    tokens[SolanaAddress("j")] = replace(tokens[SolanaAddress("j")], **change)  # type: ignore[arg-type]
    assert "control_of_a_token_account_changes" in found(replace(BEFORE, tokens=tokens))


def test_a_new_account_with_a_delegate_is_refused() -> None:
    new = TokenAccount(SolanaAddress("n"), USDC, OWNER, 0, delegate=STRANGER)
    tokens = {**BEFORE.tokens, new.address: new}
    assert found(replace(BEFORE, tokens=tokens)) == {"control_of_a_token_account_changes"}


def test_the_wallet_itself_must_stay_a_plain_account() -> None:
    assert found(replace(BEFORE, program=STRANGER)) == {"wallet_account_changes"}
    assert found(replace(BEFORE, has_data=True)) == {"wallet_account_changes"}


def test_a_failing_simulation_is_refused() -> None:
    assert found(BEFORE, error="Custom(1)") == {"simulation_failed"}


def test_closing_must_bring_in_what_it_should() -> None:
    closing = replace(MANDATE, spend={}, gain={USDC: 100})
    assert found(after(u=600), mandate=closing) == set()
    assert found(after(u=599), mandate=closing) == {"too_little_arrives"}
    nothing_held = replace(BEFORE, tokens={})
    effect = SimulatedEffect(error=None, before=nothing_held, after=nothing_held)
    violations = TransactionValidator(closing).check_effects([effect])
    assert [v.breach.value for v in violations] == ["too_little_arrives"]


def test_falls_of_several_transactions_add_up() -> None:
    effect = SimulatedEffect(error=None, before=BEFORE, after=after(u=300))
    validator = TransactionValidator(MANDATE)
    assert validator.check_effects([effect]) == ()
    assert [v.breach.value for v in validator.check_effects([effect, effect])] == [
        "token_falls_too_far"
    ]
