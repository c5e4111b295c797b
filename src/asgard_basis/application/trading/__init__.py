"""Opening, watching and closing hedged positions."""
