"""What all requests and responses share. Money and rates travel as decimal text."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

DecimalText = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
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
