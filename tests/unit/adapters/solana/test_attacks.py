"""Every way we know in which an offered transaction could rob its signer is refused by name."""

from dataclasses import replace

import pytest
from solders.compute_budget import (
    request_heap_frame,
    set_compute_unit_limit,
    set_compute_unit_price,
)
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from asgard_basis.domain.assets import TOKEN_2022_PROGRAM
from tests.unit.adapters.solana.offers import (
    BANK_A,
    COLLATERAL,
    COSIGNER,
    LENDER,
    MANDATE,
    OWN_USDC,
    OWN_WSOL,
    OWNER,
    SIBLING,
    STRANGER,
    STRANGER_USDC,
    TIP,
    USDC,
    VAULT,
    VAULT_OWNER,
    WSOL,
    account_of,
    borrow,
    create_account,
    honest,
    judge,
    key,
    memo,
    name,
    offer,
    pay,
    sol,
    system,
    token,
    uses,
)

STRANGER_KEY, OWNER_KEY = STRANGER.pubkey(), OWNER.pubkey()
JUNK_MINT = Pubkey.from_string("7u3HeHxYDLhnCoErrtycNokbQYbWGzLs6JSDqGAv5PfF")
NEAR_TIP = Pubkey(bytes(TIP)[:-1] + bytes([bytes(TIP)[-1] ^ 1]))
WRONG_INF = key("5oVNBeEEQvYi1cX3ir8Dx5n1P7pdxydbGF2X6TxNxsi")


def amount(value: int) -> bytes:
    return value.to_bytes(8, "little")


def program(text: str, data: bytes = b"\x00") -> Instruction:
    return Instruction(key(text), data, uses(OWNER_KEY, signer=OWNER_KEY))


BREACHED = {
    "1 SOL to a stranger": ([sol(STRANGER_KEY, 1)], "sol_to_a_stranger"),
    "2 near-miss tip account": ([sol(NEAR_TIP, 1_000)], "sol_to_a_stranger"),
    "3 tips that sum above the cap": ([sol(TIP, 900_001)], "tips_above_cap"),
    "4 USDC to a stranger's account": (
        [pay(1, destination=STRANGER_USDC)],
        "token_transfer_outside_the_request",
    ),
    "5 unchecked transfer": (
        [token(b"\x03" + amount(1), OWN_USDC, STRANGER_USDC, OWNER_KEY)],
        "token_instruction",
    ),
    "6 approve a delegate": (
        [token(b"\x04" + amount(1), OWN_USDC, STRANGER_KEY, OWNER_KEY)],
        "token_instruction",
    ),
    "6 approve checked": (
        [token(b"\x0d" + amount(1) + b"\x06", OWN_USDC, USDC, STRANGER_KEY, OWNER_KEY)],
        "token_instruction",
    ),
    "7 set account owner": (
        [token(b"\x06\x02\x01" + bytes(STRANGER_KEY), OWN_USDC, OWNER_KEY)],
        "token_instruction",
    ),
    "8 set close authority": (
        [token(b"\x06\x03\x01" + bytes(STRANGER_KEY), OWN_USDC, OWNER_KEY)],
        "token_instruction",
    ),
    "9 close account to a stranger": (
        [token(b"\x09", OWN_WSOL, STRANGER_KEY, OWNER_KEY)],
        "account_closed_to_a_stranger",
    ),
    "10 burn": ([token(b"\x08" + amount(1), OWN_USDC, USDC, OWNER_KEY)], "token_instruction"),
    "11 batch hides a transfer": (
        [token(b"\xff\x03\x09\x03" + amount(1), OWN_USDC, STRANGER_USDC, OWNER_KEY)],
        "token_instruction",
    ),
    "12 withdraw excess lamports": (
        [token(b"\x26", OWN_USDC, STRANGER_KEY, OWNER_KEY)],
        "token_instruction",
    ),
    "12 unwrap lamports": (
        [token(b"\x2d\x00", OWN_WSOL, STRANGER_KEY, OWNER_KEY)],
        "token_instruction",
    ),
    "13 assign the wallet to a program": (
        [system(1, bytes(STRANGER_KEY), OWNER_KEY)],
        "system_instruction",
    ),
    "14 allocate": ([system(8, amount(8), OWNER_KEY)], "system_instruction"),
    "15 transfer with seed": (
        [system(11, amount(1) + bytes(48), OWNER_KEY, STRANGER_KEY)],
        "system_instruction",
    ),
    "17 withdraw a nonce account": ([system(5, amount(1), OWNER_KEY)], "system_instruction"),
    "17 authorise a nonce account": (
        [system(7, bytes(STRANGER_KEY), OWNER_KEY)],
        "system_instruction",
    ),
    "18 account for a hostile program": (
        [system(0, amount(1) + amount(0) + bytes(STRANGER_KEY), OWNER_KEY, STRANGER_KEY)],
        "system_instruction",
    ),
    "18 account with oversized deposit": (
        [system(0, amount(10**9) + amount(0) + bytes(LENDER), OWNER_KEY, STRANGER_KEY)],
        "rent_above_cap",
    ),
    "system instruction that is not known": ([system(13, b"", OWNER_KEY)], "system_instruction"),
    "19 unknown program": ([program(str(STRANGER_KEY))], "unknown_program"),
    "20 look-alike of a known address": ([program(str(WRONG_INF))], "unknown_program"),
    "34 unit limit stated twice": ([set_compute_unit_limit(1)], "compute_budget"),
    "34 absurd heap": ([request_heap_frame(2**31)], "compute_budget"),
    "35 position of another authority": (
        [borrow(authority=STRANGER_KEY)],
        "owner_is_not_the_authority",
    ),
    "38 more collateral than asked": ([pay(1)], "token_transfer_outside_the_request"),
    "41 account for a stranger on our rent": (
        [create_account(STRANGER_KEY, STRANGER_USDC, USDC)],
        "token_account_for_a_stranger",
    ),
    "41 recover nested": (
        [create_account(OWNER_KEY, OWN_USDC, USDC, data=b"\x02")],
        "token_account_for_a_stranger",
    ),
    "42 token 2022": ([program(TOKEN_2022_PROGRAM, b"\x0c")], "unknown_program"),
    "42 token we did not ask for": ([pay(1, mint=JUNK_MINT)], "token_that_was_not_asked_for"),
    "43 signature precompile": (
        [program("Ed25519SigVerify111111111111111111111111111")],
        "unknown_program",
    ),
    "44 memo with an escape sequence": ([memo(b"\x1b[2J paid")], "memo_is_not_plain_text"),
    "44 memo with markup": ([memo(b"<script>")], "memo_is_not_plain_text"),
    "48 program loader": (
        [program("BPFLoaderUpgradeab1e11111111111111111111111")],
        "unknown_program",
    ),
    "49 stake authorise": (
        [program("Stake11111111111111111111111111111111111111", b"\x01\x00\x00\x00")],
        "unknown_program",
    ),
    "wrapping SOL that was not asked for": (
        [sol(OWN_WSOL, 1)],
        "token_transfer_outside_the_request",
    ),
}


def test_the_honest_offer_passes() -> None:
    assert judge(offer(honest())) == set()


@pytest.mark.parametrize(("extra", "breach"), BREACHED.values(), ids=BREACHED)
def test_hostile_instruction_beside_honest_ones_is_refused(
    extra: list[Instruction], breach: str
) -> None:
    signers = [STRANGER] if breach == "owner_is_not_the_authority" else []
    assert breach in judge(offer([*honest(), *extra], signed_by=signers))


def test_durable_nonce_is_refused() -> None:
    nonce = Instruction(
        key("11111111111111111111111111111111"),
        (4).to_bytes(4, "little"),
        [
            AccountMeta(STRANGER_KEY, is_signer=False, is_writable=True),
            AccountMeta(JUNK_MINT, is_signer=False, is_writable=False),
            AccountMeta(OWNER_KEY, is_signer=True, is_writable=False),
        ],
    )
    assert {"durable_nonce", "system_instruction"} <= judge(offer([nonce, *honest()]))


def test_another_fee_payer_is_refused() -> None:
    found = judge(offer(honest(), payer=STRANGER_KEY, signed_by=[STRANGER]))
    assert "fee_payer_is_not_the_owner" in found


def test_sibling_wallet_must_not_sign() -> None:
    extra = Instruction(LENDER, b"x", uses(OWNER_KEY, SIBLING.pubkey(), signer=SIBLING.pubkey()))
    assert "another_of_our_wallets_signs" in judge(offer([*honest(), extra], signed_by=[SIBLING]))


def test_cosigner_is_accepted_only_when_it_has_signed() -> None:
    accounts = [
        AccountMeta(OWNER_KEY, is_signer=True, is_writable=True),
        AccountMeta(COSIGNER.pubkey(), is_signer=True, is_writable=True),
    ]
    shared = [*honest(), Instruction(LENDER, b"position", accounts)]
    assert judge(offer(shared, signed_by=[COSIGNER])) == set()
    assert judge(offer(shared)) == {"signer_that_has_not_signed"}


def test_owner_slot_must_be_blank() -> None:
    assert judge(offer(honest(), signed_by=[OWNER])) == {"owner_slot_is_filled"}


def test_expired_blockhash_is_refused() -> None:
    found = judge(offer(honest()), is_blockhash_valid=False)
    assert found == {"blockhash_is_not_valid"}


def test_priority_fee_above_the_cap_is_refused() -> None:
    dear = [set_compute_unit_limit(1_400_000), set_compute_unit_price(8_000_000)]
    assert judge(offer(dear + honest()[2:])) == {"fees_above_cap"}


def test_price_without_limit_counts_the_default_limit() -> None:
    dear = [set_compute_unit_price(10_000_000)]
    assert judge(offer(dear + honest()[2:])) == {"fees_above_cap"}


def test_other_banks_than_asked_for_are_refused() -> None:
    junk_pool = [each for each in honest() if each.program_id != LENDER]
    found = judge(offer([*junk_pool, borrow(banks=(BANK_A, JUNK_MINT))]))
    assert found == {"expected_account_is_absent"}


def test_nothing_to_do_is_refused() -> None:
    assert "no_instructions" in judge(offer([]))


def test_good_first_and_hostile_second_are_refused_together() -> None:
    hostile = offer([sol(STRANGER_KEY, 1)])
    assert judge(offer(honest()), hostile) == {"sol_to_a_stranger"}


def test_caps_hold_for_the_sum_of_all_transactions() -> None:
    half = offer([*honest()[:3], pay(COLLATERAL // 2 + 1), borrow()])
    assert judge(half) == set()
    assert judge(half, half) == {"token_transfer_outside_the_request"}


def test_an_earlier_offer_does_not_serve_another_request() -> None:
    smaller = replace(MANDATE, spend={name(USDC): COLLATERAL - 1})
    assert judge(offer(honest()), mandate=smaller) == {"token_transfer_outside_the_request"}


def test_closing_pays_out_to_the_owner_only() -> None:
    def out(destination: Pubkey) -> Instruction:
        data = b"\x0c" + amount(5) + b"\x06"
        return Instruction(
            key("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
            data,
            uses(VAULT, USDC, destination, VAULT_OWNER),
        )

    closing = replace(MANDATE, spend={}, mints=frozenset({name(USDC), name(WSOL)}))
    unwrap = token(b"\x09", account_of(OWNER_KEY, WSOL), OWNER_KEY, OWNER_KEY)
    assert judge(offer([out(OWN_USDC), borrow(), unwrap]), mandate=closing) == set()
    assert judge(offer([out(STRANGER_USDC), borrow()]), mandate=closing) == {
        "token_transfer_outside_the_request"
    }
