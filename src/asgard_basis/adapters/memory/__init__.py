"""The stores in memory: for simulations and quick tests, held to the contracts of the real ones."""
