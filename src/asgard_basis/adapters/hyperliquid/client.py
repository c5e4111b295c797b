"""Hyperliquid's two doors: /info, which may be asked again, and /exchange, which may not."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import structlog

from asgard_basis.adapters.http import HttpClient, Reply
from asgard_basis.adapters.hyperliquid import parse, wire
from asgard_basis.adapters.hyperliquid.errors import refusal
from asgard_basis.adapters.hyperliquid.signing import split_signature
from asgard_basis.adapters.hyperliquid.weights import exchange_weight, info_weight, rows_weight
from asgard_basis.adapters.metering import Gate, Meter
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable

T = TypeVar("T")
_SIGNED_SECONDS = 5.0
"""What is signed already must not wait: it says itself until when it is valid."""
_log = structlog.get_logger(__name__)


class Listing(NamedTuple):
    """How the venue lists SOL-PERP."""

    asset: int
    coin: wire.Coin


class HyperliquidClient:
    """Requests and envelopes; what they mean is for others to say.

    With a meter every request waits for its weight and raises Unavailable NET-0006 without it.
    """

    def __init__(self, http: HttpClient, meter: Meter | None = None) -> None:
        self._http = http
        self._meter = meter
        self._listing: Listing | None = None

    async def listing(self) -> "Listing":
        """SOL's asset id and rules, read once and renewed whenever the market is read."""
        if self._listing is None:
            meta = await self.info(wire.Meta, "meta")
            self._listing = Listing(*parse.asset_id(meta))
        return self._listing

    async def market(self) -> tuple[wire.Coin, wire.AssetContext]:
        """SOL's rules and its market data now."""
        meta, contexts = await self.info(tuple[wire.Meta, list[Any]], "metaAndAssetCtxs")
        self._listing = Listing(*parse.asset_id(meta))
        if self._listing.asset >= len(contexts):
            raise Unavailable(ErrorCode.HYPERLIQUID_API, "Hyperliquid gave no market data for SOL")
        context = wire.shaped(contexts[self._listing.asset], wire.AssetContext)
        return self._listing.coin, context

    async def info(self, kind: type[T], request: str, **fields: object) -> T:
        """One /info answer as `kind`; raises Unavailable, Refused HLQ-0001 when not understood."""
        reply = await self._http.post_json(
            "/info",
            {"type": request, **fields},
            repeatable=True,
            error=ErrorCode.HYPERLIQUID_API,
            gate=self._gate(info_weight(request)),
        )
        if self._meter is not None:
            await self._meter.charge(rows_weight(request, reply.json))
        if reply.status != 200:
            raise Refused(ErrorCode.HYPERLIQUID_API, _not_understood(request, reply))
        return wire.shaped(reply.json, kind)

    async def exchange(
        self,
        action: Mapping[str, object],
        *,
        nonce: int,
        signature: bytes,
        expires_after: int | None = None,
        otherwise: ErrorCode,
    ) -> Any:
        """Send a signed action once; the venue's `response` when it accepted the whole of it.

        Raises Refused or Unavailable by the venue's text (`otherwise` when it is a new one), and
        OutcomeUnknown HLQ-0008 when no clear answer came.
        """
        reply = await self._http.post_json(
            "/exchange",
            {
                "action": action,
                "nonce": nonce,
                "signature": split_signature(signature),
                "vaultAddress": None,
                "expiresAfter": expires_after,
            },
            repeatable=False,
            error=ErrorCode.HYPERLIQUID_API,
            unknown=ErrorCode.HYPERLIQUID_UNKNOWN,
            gate=self._gate(exchange_weight(action), patience=_SIGNED_SECONDS),
        )
        kind = str(action["type"])
        if reply.status != 200:
            raise Refused(ErrorCode.HYPERLIQUID_API, _not_understood(kind, reply))
        answer = reply.json
        match answer:
            case {"status": "ok", "response": response}:
                return response
            case {"status": "err", "response": str(text)}:
                _log.warning("hyperliquid refused", action=kind, text=text)
                raise refusal(text, otherwise=otherwise)
            case _:
                raise OutcomeUnknown(
                    ErrorCode.HYPERLIQUID_UNKNOWN,
                    f"Hyperliquid answered {kind} in another shape",
                )

    def _gate(self, weight: int, *, patience: float | None = None) -> Gate | None:
        return None if self._meter is None else Gate(self._meter, weight, patience=patience)


def _not_understood(what: str, reply: Reply) -> str:
    text = reply.json if isinstance(reply.json, str) else f"HTTP {reply.status}"
    return f"Hyperliquid did not understand {what}: {text[:200]}"
