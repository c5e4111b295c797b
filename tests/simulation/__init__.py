"""The product in deterministic worlds full of faults, and products broken on purpose."""
