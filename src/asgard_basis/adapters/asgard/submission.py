"""Sending signed transactions through Asgard; the chain, not the venue, says what became of it."""

from collections.abc import Mapping
from typing import Any, NoReturn

from asgard_basis.adapters.asgard.client import AsgardClient
from asgard_basis.adapters.asgard.errors import refusal_of
from asgard_basis.adapters.http import parse_body
from asgard_basis.domain.errors import ErrorCode, OutcomeUnknown, Refused, Unavailable
from asgard_basis.ports.chains import Landing, SolanaChain, joint_landing
from asgard_basis.ports.clock import Clock
from asgard_basis.ports.venues import SignedSubmission

_CONFIRM_ATTEMPTS = 60
_CONFIRM_SECONDS = 0.5
_ERROR_STATUS = 400


class Submission:
    """One door for the submit calls."""

    def __init__(self, *, client: AsgardClient, chain: SolanaChain, clock: Clock) -> None:
        self._client = client
        self._chain = chain
        self._clock = clock

    async def send(self, path: str, signed: SignedSubmission) -> Any:
        """The venue's answer, once the chain has confirmed the transaction.

        Raises Refused when the chain says that it failed or can no longer land (ASG-0011 when
        only a part has landed), OutcomeUnknown ASG-0007 in every other case but success,
        Unavailable when it was never sent.
        """
        body: Mapping[str, Any] = {
            **parse_body(signed.echo.encode()),
            "signedTxs": list(signed.transactions),
        }
        try:
            reply = await self._client.submit(path, body)
        except OutcomeUnknown as error:
            raise_unknown(signed, error.message, error)
        if reply.status >= _ERROR_STATUS:
            refusal = refusal_of(reply, ErrorCode.ASGARD_SUBMIT)
            landing = await self._landing(signed)
            if landing is Landing.PARTIAL:
                raise _in_part(signed)
            if landing in {Landing.FAILED, Landing.DEAD}:
                raise refusal
            raise_unknown(signed, refusal.message, refusal)
        await self._confirmed(signed)
        return reply.json

    async def _confirmed(self, signed: SignedSubmission) -> None:
        for _ in range(_CONFIRM_ATTEMPTS):
            landing = await self._landing(signed)
            if landing is Landing.CONFIRMED:
                return
            if landing is Landing.PARTIAL:
                raise _in_part(signed)
            if landing is not Landing.PENDING:
                raise Refused(
                    ErrorCode.ASGARD_SUBMIT,
                    f"the transaction is {landing.value} on chain",
                    {"signature": signed.signature},
                )
            await self._clock.sleep(_CONFIRM_SECONDS)
        raise_unknown(signed, "the transaction is not confirmed yet", None)

    async def _landing(self, signed: SignedSubmission) -> Landing:
        try:
            return joint_landing(
                [
                    await self._chain.landing(each, expires_at_height=signed.expires_at_height)
                    for each in signed.all_signatures
                ]
            )
        except Unavailable as error:
            raise_unknown(signed, error.message, error)


def _in_part(signed: SignedSubmission) -> Refused:
    return Refused(
        ErrorCode.ASGARD_PARTIAL, details={"signatures": ", ".join(signed.all_signatures)}
    )


def raise_unknown(signed: SignedSubmission, reason: str, cause: Exception | None) -> NoReturn:
    """Raise OutcomeUnknown ASG-0007 with everything needed to look the outcome up."""
    raise OutcomeUnknown(
        ErrorCode.ASGARD_UNKNOWN,
        f"the outcome on Solana is not known yet: {reason}",
        {
            "signature": signed.signature,
            "expires_at_height": str(signed.expires_at_height),
            "position_key": signed.position_key or "",
        },
    ) from cause
