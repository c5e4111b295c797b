"""Money on its way to Hyperliquid."""

from decimal import Decimal

from tests.journeys.stack import Stack, fund


def test_a_second_deposit_of_the_same_amount_waits_for_its_own_credit(stack: Stack) -> None:
    with stack.visitor() as visitor:
        visitor.sign_in("twice@example.com", stack.world())
        fund(stack, visitor, solana="1", arbitrum="100")
        for number in (1, 2):
            deposit = visitor.deposit("20")
            assert deposit["status"] == "completed", deposit
            there = visitor.get("/balances")["hyperliquid"]["account_value_usd"]
            assert Decimal(there) == 20 * number
