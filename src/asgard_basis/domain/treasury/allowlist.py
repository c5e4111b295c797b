"""Judging a stranger's transaction before it is signed: named violations, or none.

Program lists stop at the top level and a simulation can be fooled, so both are required. Every
instruction that is not known to be harmless is refused, unknown tags included (the Token program
can hide transfers in a batch, tag 255).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from asgard_basis.domain.assets import (
    ASSOCIATED_TOKEN_PROGRAM,
    COMPUTE_BUDGET_PROGRAM,
    MEMO_PROGRAM,
    SYSTEM_PROGRAM,
    TOKEN_PROGRAM,
)
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.treasury.instructions import (
    WRAPPED_SOL,
    associated_breaches,
    compute_fee_lamports,
    lamports_out,
    memo_breaches,
    system_breaches,
    token_breaches,
    tokens_out,
    unit_limit_breaches,
)
from asgard_basis.domain.treasury.mandate import Breach, Mandate, Violation
from asgard_basis.domain.treasury.transaction import (
    DecodedTransaction,
    Instruction,
    SimulatedEffect,
    WalletView,
)

_SIGNERS_MAX = 3
_BASE_FEE_LAMPORTS = 5_000
_Rule = Callable[[Instruction, Mandate], Iterator[Violation]]
_RULES: dict[SolanaAddress, _Rule] = {
    SYSTEM_PROGRAM: system_breaches,
    TOKEN_PROGRAM: token_breaches,
    ASSOCIATED_TOKEN_PROGRAM: associated_breaches,
    MEMO_PROGRAM: memo_breaches,
}


class TransactionValidator:
    """Judges transactions against one mandate; knows nothing of networks."""

    def __init__(self, mandate: Mandate) -> None:
        self._mandate = mandate

    def check(self, transactions: Sequence[DecodedTransaction]) -> tuple[Violation, ...]:
        """Everything wrong with transactions that belong together; caps hold for their sum."""
        found: list[Violation] = []
        for transaction in transactions:
            found += _signer_breaches(transaction, self._mandate)
            found += _shape_breaches(transaction)
            found += unit_limit_breaches(transaction.instructions)
            for instruction in transaction.instructions:
                found += self._instruction_breaches(instruction)
        found += self._sum_breaches(transactions)
        present = {account for each in transactions for account in each.accounts}
        for account in sorted(self._mandate.required_accounts - present):
            found.append(Violation(Breach.MISSING_ACCOUNT, account))
        return tuple(found)

    def check_effects(self, effects: Sequence[SimulatedEffect]) -> tuple[Violation, ...]:
        """Everything wrong with what the transactions would do to the wallet."""
        mandate = self._mandate
        found: list[Violation] = []
        for effect in effects:
            if effect.error is not None:
                found.append(Violation(Breach.SIMULATION_FAILED, effect.error))
            found += _control_breaches(effect, mandate)
        found += _sol_breaches(effects, mandate)
        for mint in sorted(_mints_of(effects) - {WRAPPED_SOL}):
            change = sum(
                e.after.total(mint, mandate.owner) - e.before.total(mint, mandate.owner)
                for e in effects
            )
            most = mandate.spend.get(mint, 0)
            if -change > most:
                found.append(Violation(Breach.TOKEN_FALLS, f"{mint} by {-change}, at most {most}"))
            least = mandate.gain.get(mint)
            if least is not None and change < least:
                found.append(Violation(Breach.TOKEN_GAIN, f"{mint} by {change}, at least {least}"))
            ceiling = mandate.gain_max.get(mint)
            if ceiling is not None and change > ceiling:
                detail = f"{mint} by {change}, at most {ceiling}"
                found.append(Violation(Breach.TOKEN_GAIN_MAX, detail))
        for mint in sorted(set(mandate.gain) - _mints_of(effects)):
            found.append(Violation(Breach.TOKEN_GAIN, f"{mint} by 0"))
        return tuple(found)

    def _instruction_breaches(self, instruction: Instruction) -> Iterator[Violation]:
        program = instruction.program
        if program == COMPUTE_BUDGET_PROGRAM:
            return
        if program in _RULES:
            yield from _RULES[program](instruction, self._mandate)
        elif program in self._mandate.programs:
            yield from _venue_breaches(instruction, self._mandate)
        else:
            yield Violation(Breach.UNKNOWN_PROGRAM, program)

    def _sum_breaches(self, transactions: Sequence[DecodedTransaction]) -> Iterator[Violation]:
        mandate = self._mandate
        instructions = [i for each in transactions for i in each.instructions]
        fees = sum(
            _BASE_FEE_LAMPORTS * len(each.signers) + compute_fee_lamports(each.instructions)
            for each in transactions
        )
        if fees > mandate.fee_lamports_max:
            yield Violation(Breach.FEE_CAP, f"{fees} lamports, at most {mandate.fee_lamports_max}")
        tips, rent = lamports_out(instructions)
        if tips > mandate.tip_lamports_max:
            yield Violation(Breach.TIP_CAP, f"{tips} lamports, at most {mandate.tip_lamports_max}")
        if rent > mandate.rent_lamports_max:
            yield Violation(
                Breach.RENT_CAP, f"{rent} lamports, at most {mandate.rent_lamports_max}"
            )
        for mint, amount in sorted(tokens_out(instructions, mandate).items()):
            most = mandate.spend.get(SolanaAddress(mint), 0)
            if amount > most:
                yield Violation(Breach.TOKEN_TRANSFER, f"{mint} by {amount}, at most {most}")


def _signer_breaches(transaction: DecodedTransaction, mandate: Mandate) -> Iterator[Violation]:
    signers, owner = transaction.signers, mandate.owner
    if not signers or signers[0] != owner:
        yield Violation(Breach.FEE_PAYER, signers[0] if signers else "nobody")
    if owner in signers and owner not in transaction.blank:
        yield Violation(Breach.OWNER_SLOT, owner)
    if len(signers) > _SIGNERS_MAX:
        yield Violation(Breach.TOO_MANY_SIGNERS, str(len(signers)))
    for signer in signers:
        if signer in mandate.other_wallets:
            yield Violation(Breach.OWN_COSIGNER, signer)
        elif signer != owner and signer not in transaction.signed:
            yield Violation(Breach.FOREIGN_SIGNER, signer)


def _shape_breaches(transaction: DecodedTransaction) -> Iterator[Violation]:
    if not transaction.is_blockhash_valid:
        yield Violation(Breach.BLOCKHASH, "expired or from the future")
    if transaction.uses_durable_nonce:
        yield Violation(Breach.DURABLE_NONCE, "could be sent at any later time")
    if not transaction.instructions:
        yield Violation(Breach.EMPTY, "nothing to do")
    for account, count in Counter(transaction.accounts).items():
        if count > 1:
            yield Violation(Breach.DUPLICATE_ACCOUNT, account)


def _venue_breaches(instruction: Instruction, mandate: Mandate) -> Iterator[Violation]:
    signers = {use.address for use in instruction.accounts if use.is_signer}
    if mandate.owner not in signers:
        yield Violation(Breach.WRONG_AUTHORITY, instruction.program)


def _control_breaches(effect: SimulatedEffect, mandate: Mandate) -> Iterator[Violation]:
    before, after = effect.before, effect.after
    if after.program != SYSTEM_PROGRAM or after.has_data != before.has_data:
        yield Violation(Breach.WALLET_CONTROL, f"the wallet now belongs to {after.program}")
    for address, account in after.tokens.items():
        was = before.tokens.get(address)
        if was is None:
            # New accounts are ours to the last bit, or they are not ours at all.
            changed = account.delegate is not None or account.close_authority is not None
            changed = changed or account.owner != mandate.owner
        else:
            changed = (
                account.owner != was.owner
                or account.delegate != was.delegate
                or account.close_authority != was.close_authority
                or account.is_frozen != was.is_frozen
            )
        if changed:
            yield Violation(Breach.TOKEN_CONTROL, address)


def _sol_breaches(effects: Sequence[SimulatedEffect], mandate: Mandate) -> Iterator[Violation]:
    # Wrapping and unwrapping is no loss: both forms count together.
    allowed = mandate.fee_lamports_max + mandate.tip_lamports_max + mandate.rent_lamports_max
    allowed += mandate.spend.get(WRAPPED_SOL, 0)
    fallen = sum(
        _sol_of(each.before, mandate.owner) - _sol_of(each.after, mandate.owner) for each in effects
    )
    if fallen > allowed:
        yield Violation(Breach.SOL_FALLS, f"{fallen} lamports, at most {allowed}")


def _sol_of(view: WalletView, owner: SolanaAddress) -> int:
    return view.lamports + view.total(WRAPPED_SOL, owner)


def _mints_of(effects: Sequence[SimulatedEffect]) -> set[SolanaAddress]:
    return {
        account.mint
        for effect in effects
        for view in (effect.before, effect.after)
        for account in view.tokens.values()
    }
