"""When it pays: fees, carry, sizing and the checks before entry."""
