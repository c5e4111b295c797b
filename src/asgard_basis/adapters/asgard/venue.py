"""Asgard as a margin venue: builds are judged before they are signed, outcomes by the chain."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import structlog

from asgard_basis.adapters.asgard import parse
from asgard_basis.adapters.asgard.client import AsgardClient
from asgard_basis.adapters.asgard.mandates import MandateMaker, least_payout
from asgard_basis.adapters.asgard.reducing import reduce_body, repay_body, update_echo
from asgard_basis.adapters.asgard.signing import CheckedSigner
from asgard_basis.adapters.asgard.submission import Submission, raise_unknown
from asgard_basis.adapters.asgard.wire import Record, RefreshAnswer, read
from asgard_basis.adapters.http import HttpClient
from asgard_basis.adapters.metering import Meter
from asgard_basis.domain.assets import USDC_SOLANA, Asset, LendingProtocol
from asgard_basis.domain.errors import DomainError, ErrorCode, Refused, Unavailable
from asgard_basis.domain.identifiers import SolanaAddress
from asgard_basis.domain.market.snapshot import LenderMarket
from asgard_basis.domain.money import to_native
from asgard_basis.domain.position.legs import LongFill, LongState
from asgard_basis.domain.treasury.mandate import Mandate
from asgard_basis.ports.chains import SolanaChain
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import Admit, LongPosition, OpenLong, SignedSubmission
from asgard_basis.ports.wallets import SolanaSigner, Wallet

TIP_LAMPORTS = 10_000
_BLOCKHASH_BLOCKS = 150
_LONG, _FUNDED_IN_USDC = 0, 1
_PRICES_FOR = timedelta(seconds=30)
_RECORDS_MAX = 10_000
_encoder = msgspec.json.Encoder(decimal_format="number")
_log = structlog.get_logger(__name__)


class AsgardMarginVenue:
    """Implements MarginVenue.

    `program_id` is Asgard's own program (not public: configuration), `vaults` are owners of
    token accounts that collateral may be transferred to directly.
    """

    def __init__(
        self,
        *,
        http: HttpClient,
        signer: SolanaSigner,
        chain: SolanaChain,
        protocols: frozenset[LendingProtocol],
        program_id: str | None,
        api_key: str | None,
        clock: Clock,
        vaults: frozenset[SolanaAddress] = frozenset(),
        tip_lamports: int = TIP_LAMPORTS,
        meter: Meter | None = None,
    ) -> None:
        self._client = AsgardClient(http=http, api_key=api_key, clock=clock, meter=meter)
        self._chain = chain
        self._submission = Submission(client=self._client, chain=chain, clock=clock)
        self._signing = CheckedSigner(chain=chain, signer=signer)
        self._mandates = MandateMaker(chain=chain, program_id=program_id, vaults=vaults)
        self._protocols = protocols
        self._clock = clock
        self._tip_lamports = tip_lamports
        self._records: dict[str, Record] = {}
        self._prices: tuple[datetime, dict[Asset, Decimal]] | None = None

    async def markets(self) -> Sequence[LenderMarket]:
        """See MarginVenue; lenders that are not enabled are listed as inactive."""
        answer = await self._client.get("/markets")
        return parse.markets(answer, enabled=self._protocols, observed_at=self._clock.host())

    async def spot_prices(self) -> dict[Asset, Decimal]:
        """See MarginVenue."""
        prices = parse.spot_prices(await self._client.get("/token-metadata"))
        self._prices = (self._clock.host(), prices)
        return prices

    async def prepare_open(
        self, owner: Wallet, request: OpenLong, admit: Admit | None = None
    ) -> SignedSubmission:
        """See MarginVenue."""
        if request.protocol not in self._protocols:
            raise Refused(ErrorCode.INVALID_PROTOCOL, f"{request.protocol.name} is not enabled")
        collateral = to_native(request.collateral_usdc, USDC_SOLANA.decimals)
        body = {
            "protocol": int(request.protocol),
            "tokenABank": request.collateral_bank,
            "tokenBBank": request.debt_bank,
            "direction": _LONG,
            "collateralType": _FUNDED_IN_USDC,
            "collateralAmountNative": collateral,
            "collateralMint": USDC_SOLANA.mint,
            "collateralUnitPrice": 1,
            "leverage": request.leverage,
            "jitoTipLamport": self._tip_lamports,
            "slippageBps": request.slippage_bps,
            "walletPubkey": owner.address,
            "useDirectRoute": False,
        }
        answer = await self._client.post("/create-position", body, error=ErrorCode.ASGARD_POSITION)
        mandate = self._mandates.for_open(
            SolanaAddress(owner.address), request, collateral_native=collateral
        )
        return await self._signed(owner, answer, mandate, position_key=None, admit=admit)

    async def submit_open(self, owner: Wallet, signed: SignedSubmission) -> LongPosition:
        """See MarginVenue."""
        answer = await self._submission.send("/submit-create-position-tx", signed)
        try:
            record = read(answer, Record, "position record")
        except Unavailable:
            return await self._opened(owner, signed)
        found = parse.position(record)
        if found is None or found.opened_by != signed.signature:
            return await self._opened(owner, signed)
        self._remember(record)
        return found

    async def prepare_close(
        self,
        owner: Wallet,
        position: LongState,
        *,
        slippage_bps: int,
        reference_price: Decimal | None = None,
    ) -> SignedSubmission:
        """See MarginVenue."""
        body = {
            "protocol": int(position.protocol),
            "walletPubkey": owner.address,
            "positionPDA": position.position_key,
            "collateralType": _FUNDED_IN_USDC,
            "jitoTipLamport": self._tip_lamports,
            "slippageBps": slippage_bps,
            "useDirectRoute": False,
        }
        answer = await self._client.post("/close-position", body, error=ErrorCode.ASGARD_BUILD)
        price = reference_price or await self._price(position.asset)
        mandate = self._mandates.for_close(
            SolanaAddress(owner.address),
            position,
            least_usdc=least_payout(position, price=price, slippage_bps=slippage_bps),
        )
        return await self._signed(owner, answer, mandate, position_key=position.position_key)

    async def submit_close(self, owner: Wallet, signed: SignedSubmission) -> None:
        """See MarginVenue."""
        await self._submission.send("/submit-close-position-tx", signed)

    async def prepare_reduce(
        self,
        owner: Wallet,
        position: LongState,
        *,
        percentage: int,
        slippage_bps: int,
        reference_price: Decimal | None = None,
    ) -> SignedSubmission:
        """See MarginVenue."""
        body = reduce_body(
            owner,
            position,
            percentage=percentage,
            slippage_bps=slippage_bps,
            tip_lamports=self._tip_lamports,
        )
        record = await self._record(position.position_key)
        answer = await self._client.post(
            "/position/partial-close", body, error=ErrorCode.ASGARD_BUILD
        )
        mandate = self._mandates.for_reduce(
            SolanaAddress(owner.address),
            position,
            percentage=percentage,
            price=reference_price or await self._price(position.asset),
            slippage_bps=slippage_bps,
        )
        return await self._signed(
            owner,
            answer,
            mandate,
            position_key=position.position_key,
            echo=update_echo(answer, body, record) if isinstance(answer, dict) else None,
        )

    async def submit_reduce(self, owner: Wallet, signed: SignedSubmission) -> None:
        """See MarginVenue."""
        await self._submission.send("/submit-position-update-tx", signed)

    async def prepare_repay(
        self, owner: Wallet, position: LongState, *, amount_usdc: Decimal
    ) -> SignedSubmission:
        """See MarginVenue."""
        amount = to_native(amount_usdc, USDC_SOLANA.decimals)
        body = repay_body(owner, position, amount_native=amount, tip_lamports=self._tip_lamports)
        record = await self._record(position.position_key)
        answer = await self._client.post("/position/repay-debt", body, error=ErrorCode.ASGARD_BUILD)
        return await self._signed(
            owner,
            answer,
            self._mandates.for_repay(SolanaAddress(owner.address), position, amount_native=amount),
            position_key=position.position_key,
            echo=update_echo(answer, body, record) if isinstance(answer, dict) else None,
        )

    async def positions(self, owner: SolanaAddress) -> Sequence[LongPosition]:
        """See MarginVenue."""
        answer = await self._client.post("/positions", {"walletPubkey": owner})
        records = read(answer, list[Record], "position list")
        found = [parse.position(record) for record in records if record.owner == owner]
        return [each for each in found if each is not None]

    async def state(
        self, position_key: str, *, protocol: LendingProtocol, asset: Asset
    ) -> LongState | None:
        """See MarginVenue; units are told by comparison with the record of the opening."""
        item = {"protocol": int(protocol), "positionPDA": position_key}
        answer = await self._client.post("/refresh-positions", {"positionPDAs": [item]})
        refreshed = read(answer, RefreshAnswer, "refresh").positions.get(position_key)
        if refreshed is None:
            return None
        observed_at = self._clock.host()

        def against(record: Record | None) -> LongState:
            return parse.long_state(
                refreshed,
                position_key=position_key,
                protocol=protocol,
                asset=asset,
                record=record,
                observed_at=observed_at,
            )

        known = self._records.get(position_key)
        if known is not None:
            try:
                return against(known)
            except Unavailable:
                _log.info("asgard_record_outdated", position_key=position_key)
        return against(await self._record(position_key))

    async def open_fill(self, position_key: str) -> LongFill | None:
        """See MarginVenue."""
        return parse.open_fill(await self._record(position_key))

    async def _signed(
        self,
        owner: Wallet,
        answer: Any,
        mandate: Mandate,
        *,
        position_key: str | None,
        echo: Any = None,
        admit: Admit | None = None,
    ) -> SignedSubmission:
        offered = answer.get("signedTxs") if isinstance(answer, dict) else None
        if not isinstance(offered, list):
            raise Refused(ErrorCode.ASGARD_BUILD, "Asgard's answer holds no transactions")
        signed = await self._signing.sign(owner, offered, mandate, admit)
        # A blockhash that was valid when it was checked dies within 150 blocks of that moment.
        height = await self._chain.block_height()
        stated = answer.get("positionPDA") or answer.get("positionPda")
        return SignedSubmission(
            signature=signed.signatures[0],
            transactions=signed.transactions,
            echo=_encoder.encode(echo or answer).decode(),
            expires_at_height=height + _BLOCKHASH_BLOCKS,
            position_key=position_key or (str(stated) if stated else None),
            signatures=signed.signatures,
        )

    async def _opened(self, owner: Wallet, signed: SignedSubmission) -> LongPosition:
        try:
            listed = await self.positions(SolanaAddress(owner.address))
        except DomainError as error:
            raise_unknown(signed, error.message, error)
        for position in listed:
            if position.opened_by == signed.signature:
                return position
        raise_unknown(signed, "confirmed on chain, but Asgard lists no position for it yet", None)

    async def _record(self, position_key: str) -> Record:
        answer = await self._client.post(f"/positions/by-pda?pda={position_key}", {})
        record = read(answer, Record, "position record")
        if record.position_pda != position_key:
            raise Unavailable(ErrorCode.ASGARD_API, "Asgard answered with another position")
        self._remember(record)
        return record

    def _remember(self, record: Record) -> None:
        self._records[record.position_pda] = record
        while len(self._records) > _RECORDS_MAX:
            del self._records[next(iter(self._records))]

    async def _price(self, asset: Asset) -> Decimal | None:
        now = self._clock.host()
        if self._prices is None or now - self._prices[0] > _PRICES_FOR:
            await self.spot_prices()
        prices = self._prices[1] if self._prices else {}
        if asset not in prices:
            _log.warning("asgard_closing_without_price", asset=asset.value)
        return prices.get(asset)
