"""Watching over what is open: the venues against the books, risk, defence, playbooks."""
