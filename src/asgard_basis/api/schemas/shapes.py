"""What all requests and responses share. Money and rates travel as decimal text."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

_UNIT_PLACES = 18
"""No venue has a finer unit than the wei: what is finer has come from a division."""
_DIVIDED_PLACES = Decimal("0.000000000001")
_DIGITS = Context(prec=60)


def decimal_text(value: Decimal) -> str:
    """Plain digits: amounts exactly, the endless fractions of divisions to twelve places."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_UNIT_PLACES:
        value = value.quantize(_DIVIDED_PLACES, rounding=ROUND_HALF_EVEN, context=_DIGITS)
        value = abs(value) if value == 0 else value
    return format(value, "f")


DecimalText = Annotated[
    Decimal,
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "decimal"}, mode="serialization"),
]


class Shape(BaseModel):
    """A response, read from the attributes of an application value."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Request(BaseModel):
    """A request body; unknown fields are refused so that a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorBody(Shape):
    """What went wrong, under a code that never changes meaning."""

    code: str
    message: str
    category: str
    http_status: int
    details: dict[str, str] = Field(default_factory=dict)


class ErrorResponse(Shape):
    """Every error answer of the API."""

    error: ErrorBody
    request_id: str


class Failure(Shape):
    """An error kept with a job, a position or a part of an answer."""

    code: str
    message: str
