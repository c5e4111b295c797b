"""Who may sign with which wallet, under which policy."""
