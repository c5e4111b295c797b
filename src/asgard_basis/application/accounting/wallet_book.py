"""Keeping the book of a user's wallets: what was brought, sent between venues, taken out."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from asgard_basis.application.context import UserTradingContext, trading_context
from asgard_basis.application.market.reader import MarketReader
from asgard_basis.application.operations.jobs import ENDED as JOB_ENDED
from asgard_basis.application.trading.preflight import known
from asgard_basis.application.trading.reduce_position import LEG
from asgard_basis.domain.assets import Asset
from asgard_basis.domain.identifiers import JobId, UserId
from asgard_basis.domain.ledger import accounts
from asgard_basis.domain.ledger.postings import Entry
from asgard_basis.domain.ledger.wallets import (
    WalletLook,
    arrived,
    brought_in,
    burned,
    credited,
    differences,
    minted,
    revalued,
    sent_to_bridge,
    withdrawn,
)
from asgard_basis.domain.market.snapshot import MarketSnapshot
from asgard_basis.domain.money import ONE, ZERO
from asgard_basis.domain.saga.intent import CallIntent, WithdrawIntent
from asgard_basis.domain.saga.move import MovePlan, whereabouts
from asgard_basis.domain.saga.outcome import Allowed, Arrived, Burned, Minted, Withdrawn
from asgard_basis.domain.saga.step import Credited, EvmIntent, Leg, Step, Transferred
from asgard_basis.ports.chains import ArbitrumChain, SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.ledger import WALLETS, Book, WalletStand
from asgard_basis.ports.oversight import AlarmKind
from asgard_basis.ports.repositories import JobKind
from asgard_basis.ports.unit_of_work import Transactions, UnitOfWork
from asgard_basis.ports.venues import PerpVenue

_JOBS_MAX = 1000
_SURE_AFTER = timedelta(seconds=10)
"""Host time a difference must last: a chain's servers may be a few blocks behind each other."""
_CREDITS_EVERY = timedelta(hours=24)
"""Host time: Hyperliquid's list of deposits costs as much as ten looks at an account."""
_BEGINNING = datetime(2023, 1, 1, tzinfo=UTC)


class WalletBook:
    """Books transfers by their journals, and what no journal explains by the chains' balances."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        solana: SolanaChain,
        arbitrum: ArbitrumChain,
        perp: PerpVenue,
        reader: MarketReader,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._solana = solana
        self._arbitrum = arbitrum
        self._perp = perp
        self._reader = reader
        self._clock = clock
        self._noticed: dict[UserId, tuple[datetime, dict[tuple[str, str], Decimal]]] = {}
        self._asked_at: dict[UserId, datetime] = {}
        self._jobs: dict[UserId, tuple[tuple[str, str], ...]] = {}

    async def transfers(self, user_id: UserId) -> int:
        """Book what the journals of transfers say and is not booked; returns how many were new."""
        async with self._transactions.for_user(user_id) as work:
            jobs = [
                job
                for kind in (JobKind.DEPOSIT, JobKind.MOVE)
                for job in await work.jobs.recent(kind=kind, limit=_JOBS_MAX)
            ]
            present = tuple((job.id, job.status.value) for job in jobs)
            if self._jobs.get(user_id) == present:
                return 0
            entries: list[Entry] = []
            for job in reversed(jobs):
                journal = await work.journals.of_job(job.id)
                entries += [e for step in journal.steps if (e := _transfer(step)) is not None]
            count = await self._write(work, user_id, entries)
        if all(job.status in JOB_ENDED for job in jobs):
            self._jobs[user_id] = present
        return count

    async def look(self, user_id: UserId, *, may_ask_credits: bool = False) -> int:
        """Hold the chains' balances against the books; returns how many entries were new.

        What is different twice in a row was brought or taken by the owner: our own transfers and
        trades are booked before. Nothing is concluded while a job of the user is at work. Raises
        DomainError when a chain cannot be asked, WAL-0004 while there are no wallets.
        """
        context = await trading_context(self._transactions, user_id)
        snapshot = await known(self._reader.latest())
        looks = await self._looks(context, snapshot)
        credits = await self._credits(context) if may_ask_credits else None
        async with self._transactions.for_user(user_id) as work:
            if await work.jobs.unfinished():
                self._noticed.pop(user_id, None)
                return 0
            await self._gone_on(work, looks)
            entries = [*(credits or ()), *await self._unexplained(work, user_id, looks)]
            entries += await self._prices(work, looks)
            count = await self._write(work, user_id, entries)
        if credits is not None:
            self._asked_at[user_id] = self._clock.host()
        return count

    def is_credits_due(self, user_id: UserId) -> bool:
        """Whether Hyperliquid's list of deposits should be read again."""
        asked = self._asked_at.get(user_id)
        return asked is None or self._clock.host() - asked >= _CREDITS_EVERY

    async def _write(self, work: UnitOfWork, user_id: UserId, entries: list[Entry]) -> int:
        book = await work.ledger.book(WALLETS) or Book(user_id, WALLETS, 0, WalletStand())
        have = await work.ledger.known(WALLETS, [entry.key for entry in entries])
        wanted = [entry for entry in entries if entry.key not in have]
        return await work.ledger.write(book, wanted) if wanted else 0

    async def _looks(
        self, context: UserTradingContext, snapshot: MarketSnapshot | None
    ) -> list[WalletLook]:
        solana, arbitrum = await asyncio.gather(
            self._solana.balances(context.solana_address),
            self._arbitrum.balances(context.evm_address),
        )
        price = snapshot.perp.oracle_price if snapshot else None
        place, address = accounts.SOLANA_WALLET, context.solana_address
        looks = [
            WalletLook("solana", place, address, accounts.USDC, solana.usdc, ONE),
            WalletLook(
                "arbitrum",
                accounts.ARBITRUM_WALLET,
                context.evm_address,
                accounts.USDC,
                arbitrum.usdc,
                ONE,
            ),
            WalletLook(
                "arbitrum",
                accounts.ARBITRUM_WALLET,
                context.evm_address,
                accounts.ETH,
                arbitrum.eth,
                None,
            ),
        ]
        if price is None or snapshot is None:
            return looks
        looks.append(WalletLook("solana", place, address, accounts.SOL, solana.sol, price))
        for asset, amount in solana.tokens.items():
            rate = snapshot.redemption_rate(asset)
            if asset is not Asset.SOL and rate is not None:
                looks.append(
                    WalletLook("solana", place, address, asset.value, amount, rate * price)
                )
        return looks

    async def _gone_on(self, work: UnitOfWork, looks: list[WalletLook]) -> None:
        """End the alarm of money that a move has left on Arbitrum, once it is not there any more.

        Its owner has sent it on or taken it out, and both are in the books like anything else.
        """
        usdc = (accounts.ARBITRUM_WALLET, accounts.USDC)
        held = next(look.stated for look in looks if (look.account, look.commodity) == usdc)
        for alarm in await work.alarms.unresolved():
            if alarm.kind is not AlarmKind.MONEY_STRANDED:
                continue
            job = await work.jobs.get(JobId(alarm.subject))
            if job is None or job.status not in JOB_ENDED:
                continue
            plan = MovePlan(Leg(job.details[LEG]), job.amount_usdc or ZERO)
            left = whereabouts(plan, await work.journals.of_job(job.id))
            if held < left.amount_usdc:
                await work.alarms.resolve(alarm.kind, alarm.subject, at=self._clock.host())

    async def _unexplained(
        self, work: UnitOfWork, user_id: UserId, looks: list[WalletLook]
    ) -> list[Entry]:
        held = await work.ledger.held()
        booked = {(each.account, each.commodity): each.quantity for each in held}
        found = differences(looks, booked)
        now = {(look.account, look.commodity): amount for look, amount in found.items()}
        since, before = self._noticed.get(user_id, (self._clock.host(), {}))
        if now != before:
            since = self._clock.host()
        self._noticed[user_id] = (since, now)
        if not now or self._clock.host() - since < _SURE_AFTER:
            return []
        self._noticed.pop(user_id)
        at = self._clock.now()
        return [brought_in(look, amount, at) for look, amount in found.items()]

    async def _prices(self, work: UnitOfWork, looks: list[WalletLook]) -> list[Entry]:
        """SOL for network fees at the present price, once an hour at most."""
        at = self._clock.now()
        look = next((each for each in looks if each.commodity == accounts.SOL), None)
        if look is None:
            return []
        held = await work.ledger.held()
        units = sum(
            (h.quantity for h in held if (h.account, h.commodity) == (look.account, accounts.SOL)),
            ZERO,
        )
        worth = sum(
            (
                each.usd
                for each in held
                if (each.account, each.commodity) == (look.account, accounts.SOL)
                or each.account == accounts.SOLANA_REVALUATION
            ),
            ZERO,
        )
        entry = revalued(replace(look, stated=units), worth, at)
        return [] if entry is None else [entry]

    async def _credits(self, context: UserTradingContext) -> list[Entry] | None:
        """Deposits in Hyperliquid's own list that no journal of ours claims.

        None, without having asked, while a job is at work: nothing is concluded then.
        """
        user_id = context.user_id
        async with self._transactions.for_user(user_id) as work:
            if await work.jobs.unfinished():
                return None
            jobs = [
                job
                for kind in (JobKind.DEPOSIT, JobKind.MOVE)
                for job in await work.jobs.recent(kind=kind, limit=_JOBS_MAX)
            ]
            journals = [await work.journals.of_job(job.id) for job in jobs]
        if any(job.status not in JOB_ENDED for job in jobs):
            return None
        ours = {
            (step.outcome.credited_at, step.outcome.record or step.outcome.amount_usdc)
            for journal in journals
            for step in journal.steps
            if isinstance(step.outcome, Credited)
        }
        listed = await self._perp.deposits(context.evm_address, since=_BEGINNING)
        return [
            credited(each.amount_usdc, each.time, is_ours=False, record=each.transaction_hash)
            for each in listed
            if ours.isdisjoint({(each.time, each.transaction_hash), (each.time, each.amount_usdc)})
        ]


def _transfer(step: Step) -> Entry | None:
    at = step.finished_at or step.intended_at
    match step.outcome:
        case Withdrawn(amount, fee) if isinstance(step.intent, WithdrawIntent):
            record = f"withdraw3:{step.intent.nonce}"
            return withdrawn(amount - fee, fee_usdc=fee, record=record, at=at)
        case Arrived(transaction, amount):
            return arrived(amount, transaction=transaction, at=at)
        case Allowed(transaction, fee) if isinstance(step.intent, CallIntent):
            chain = step.intent.chain
            return burned(chain, ZERO, network_fee=fee, transaction=transaction, at=at)
        case Burned() if isinstance(step.intent, CallIntent):
            return burned(
                step.intent.chain,
                step.outcome.amount_usdc,
                network_fee=step.outcome.network_fee,
                transaction=step.outcome.id,
                at=at,
            )
        case Minted() if isinstance(step.intent, CallIntent):
            return minted(
                step.intent.chain,
                step.outcome.amount_usdc,
                fee_usdc=step.outcome.fee_usdc,
                network_fee=step.outcome.network_fee,
                record=step.intent.id,
                at=at,
            )
        case Transferred() if isinstance(step.intent, EvmIntent):
            return sent_to_bridge(
                step.intent.amount_usdc,
                fee_eth=step.outcome.fee_eth,
                transaction=step.outcome.hash,
                at=step.finished_at or step.intended_at,
            )
        case Credited():
            amount, credited_at = step.outcome.amount_usdc, step.outcome.credited_at
            return credited(amount, credited_at, is_ours=True, record=step.outcome.record)
    return None
