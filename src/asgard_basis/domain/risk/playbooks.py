"""What is done while something outside has failed: one playbook for each kind of failure.

A playbook adds no way of its own to trade. It names a condition, says what the sagas, the risk
watch and the gates do because of it, forbids openings where they could not be hedged, and states
what the condition may cost at most.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from asgard_basis.domain.market.lst import VALUED_AT_REDEMPTION
from asgard_basis.domain.money import ZERO
from asgard_basis.domain.position.exposure import known_price, net_sol
from asgard_basis.domain.position.position import Position

LEAVING_COST = Decimal("0.025")
"""Of one leg's notional: both legs taken apart at the widest price the limits allow (1 % each),
with the venues' fees."""
CARRY_HOURLY = Decimal("0.0002")
"""Of one leg's notional: 175 % a year, twice what funding and borrowing together have cost in
the worst hours on record."""
DEPEG_COST = Decimal("0.10")
"""Of the long's notional, where a token must be sold while it trades below what it redeems for."""


class Playbook(StrEnum):
    """What has failed."""

    SOLANA_HALTED = "solana_halted"
    HYPERLIQUID_REFUSING = "hyperliquid_refusing"
    SIGNING_DOWN = "signing_down"
    BRIDGE_STUCK = "bridge_stuck"
    PRICE_UNTRUSTED = "price_untrusted"
    LST_DEPEG = "lst_depeg"
    STORES_AWAY = "stores_away"


@dataclass(frozen=True, slots=True)
class Play:
    """One playbook in words and figures."""

    playbook: Playbook
    title: str
    condition: str
    """When it begins."""
    done: tuple[str, ...]
    """What the product does meanwhile."""
    forbidden: tuple[str, ...]
    allowed: tuple[str, ...]
    ends: str
    enter_seconds: int
    """Host time the condition must stand before the playbook begins."""
    calm_seconds: int
    """Host time without it before the playbook is over."""
    hours: int
    """How long a failure the stated maximum covers."""
    move: Decimal
    """The price move within these hours that it covers, for what stands without its other leg."""
    refuses_openings: bool
    """Whether nobody may open anything meanwhile."""
    pauses: bool = False
    """Whether that is done by a pause for everybody; else the checks of each opening see to it."""


_P = Playbook
_CLOSING_WAITS = "A closing or a cut that needs both venues waits; it begins when both answer."

PLAYS: dict[Playbook, Play] = {
    play.playbook: play
    for play in (
        Play(
            _P.SOLANA_HALTED,
            "Solana stands still",
            "No new block for 10 s, or the node does not answer.",
            (
                "The hedge is held: nothing is sent to the halted chain.",
                _CLOSING_WAITS,
                "A short that comes to its emergency buffer meanwhile is defended alone: free USDC"
                " of its account goes into it, and where that is too little so much of it is"
                " bought back that the rest has room.",
                "An emergency stop still buys the short back, because its owner asked for it.",
                "What was sent before is never signed anew while it may still land.",
            ),
            ("Opening positions.", "Leaving the long while no block is made."),
            (
                "Buying shorts back where the owner stops everything.",
                "Buying back what would be liquidated.",
                "Looking at everything.",
            ),
            "Blocks are made again for 5 s.",
            enter_seconds=10,
            calm_seconds=5,
            hours=24,
            move=Decimal("0.25"),
            refuses_openings=True,
            pauses=True,
        ),
        Play(
            _P.HYPERLIQUID_REFUSING,
            "Hyperliquid takes no orders",
            "It answers 429 or not at all for 10 s, or takes post-only orders only.",
            (
                "Hedged pairs are held as they are.",
                _CLOSING_WAITS,
                "A long that comes to its emergency buffer meanwhile is defended alone: free USDC"
                " of its wallet repays debt, and where that is too little a part of it is sold.",
                "A long that was bought for an opening and cannot be hedged is sold again.",
                "Requests slow down by the shared budget; what defends positions goes first.",
            ),
            (
                "Opening positions.",
                "Selling a long whose short cannot be bought back, but what would be liquidated.",
            ),
            ("Selling a long that never got its short.", "Looking at everything."),
            "It answers for 5 s, and has refused no order for want of post-only for a minute.",
            enter_seconds=10,
            calm_seconds=5,
            hours=1,
            move=Decimal("0.10"),
            refuses_openings=True,
            pauses=True,
        ),
        Play(
            _P.SIGNING_DOWN,
            "Nothing can be signed",
            "Privy does not answer for 10 s.",
            (
                "Hedged pairs are held as they are.",
                "A job in the middle of two legs asks again; after its attempts it stands as"
                " stuck, with an alarm that says what is exposed.",
                "Once signing works again, one press of Close finishes it.",
            ),
            ("Opening positions.",),
            ("Every closing may be asked for; it goes on as soon as something can be signed.",),
            "Privy answers for 5 s.",
            enter_seconds=10,
            calm_seconds=5,
            hours=1,
            move=Decimal("0.10"),
            refuses_openings=True,
            pauses=True,
        ),
        Play(
            _P.BRIDGE_STUCK,
            "The bridge is stuck",
            "A deposit sent more than 15 minutes ago is not credited, or money between the chains"
            " has not arrived after 45.",
            (
                "What was sent is looked for in the records of chains and venue, and never sent"
                " twice.",
                "What was burned on one chain is owed on the other: it is minted there as soon as"
                " Circle attests it.",
                "Defence cuts both legs instead of waiting for money from the other chain.",
            ),
            ("Counting money that is under way as margin.",),
            ("Opening with money that is there.", "Closing."),
            "Every transfer has arrived.",
            enter_seconds=0,
            calm_seconds=5,
            hours=24,
            move=ZERO,
            refuses_openings=False,
        ),
        Play(
            _P.PRICE_UNTRUSTED,
            "The price cannot be trusted",
            "Mark or oracle is stale or disputed, or contradicted by the second opinion, for 5 s.",
            (
                "Nothing is entered, defended or left by that price.",
                "The lender's own word on a long's health still counts while the price is stale.",
                "The venue is asked for its price directly.",
            ),
            ("Opening positions.", "Exits decided by the disputed price."),
            ("Closing by its owner's own wish.",),
            "The price is fresh and undisputed for 5 s.",
            enter_seconds=5,
            calm_seconds=5,
            hours=1,
            move=Decimal("0.10"),
            refuses_openings=True,
        ),
        Play(
            _P.LST_DEPEG,
            "A staking token trades away from its value",
            "A token trades 2 % or more away from what it redeems for, for 5 s.",
            (
                "Where the lender counts it at its pool's rate the position is held: selling"
                " would realise a loss that waiting does not.",
                "Where the lender goes by the market the position is left after 20 s.",
            ),
            ("Opening positions with that token.",),
            ("Closing by its owner's own wish; it says what selling costs now.",),
            "The token trades within 2 % again for 5 s.",
            enter_seconds=5,
            calm_seconds=5,
            hours=24,
            move=ZERO,
            refuses_openings=True,
        ),
        Play(
            _P.STORES_AWAY,
            "Our own database or Redis does not answer",
            "One of them does not answer once.",
            (
                "Without the database nothing is begun: what is under way is in the journal and"
                " goes on from there.",
                "Without Redis positions are watched by the venue's own price, and closing works.",
            ),
            ("Opening positions.", "Sending anything that could not be written down first."),
            ("Closing while only Redis is away.",),
            "Both answer for 10 s.",
            enter_seconds=0,
            calm_seconds=10,
            hours=1,
            move=Decimal("0.10"),
            refuses_openings=True,
        ),
    )
}
"""In the order in which people are told of them."""


def away_of(venue: str) -> Playbook:
    """The playbook for one that does not answer, by the name people are told."""
    return Playbook.HYPERLIQUID_REFUSING if venue == "Hyperliquid" else Playbook.SOLANA_HALTED


def loss_max_usd(
    play: Play, position: Position, alone_sol: Decimal | None = None
) -> Decimal | None:
    """What a position may lose by the failure, taking the pair apart afterwards included, USD.

    notional x (leaving + carry x hours) + exposed x move, the depeg where a token must be sold
    besides. The liquidation of a leg is not in it: the defence keeps its distance before the
    failure. `alone_sol` is what stands without its other leg by the journals, where that is
    known better than by the record. None while nothing is recorded of the position.
    """
    price, exposed = known_price(position), net_sol(position)
    if alone_sol is not None:
        exposed = alone_sol
    if price is None or exposed is None:
        return None
    long, short = position.long, position.short
    held = ZERO
    if long is not None and long.redemption_closed is None:
        seen = position.observation
        held = (seen.collateral if seen else long.collateral_bought) * long.redemption_opened
    notional = max(held, short.size if short else ZERO) * price
    lost = notional * (LEAVING_COST + CARRY_HOURLY * play.hours)
    lost += abs(exposed) * price * play.move
    is_sold = play.playbook is Playbook.LST_DEPEG and position.protocol not in VALUED_AT_REDEMPTION
    return lost + (held * price * DEPEG_COST if is_sold else ZERO)


def loss_formula(play: Play) -> str:
    """The same as `loss_max_usd`, for people."""
    carry = CARRY_HOURLY * play.hours
    parts = [f"{LEAVING_COST + carry:.2%} of one leg ({LEAVING_COST:.1%} for leaving both"]
    parts[0] += f", {carry:.2%} carry in {play.hours} h)"
    if play.move:
        parts.append(f"{play.move:.0%} of what stands without its other leg")
    if play.playbook is Playbook.LST_DEPEG:
        parts.append(f"{DEPEG_COST:.0%} of the long where its lender goes by the market")
    return " + ".join(parts)
