"""Circle: attestations, and both chains joined to one rail."""
