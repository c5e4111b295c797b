"""What we do: use cases, async, talking only to ports."""
