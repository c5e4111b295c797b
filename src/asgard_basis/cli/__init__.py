"""How operators reach us."""
