"""A simulated outside world that speaks the venues' own wire protocols."""
