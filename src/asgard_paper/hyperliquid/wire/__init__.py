"""How it looks outside: request shapes, signatures, payloads."""
