"""How time reaches us."""
