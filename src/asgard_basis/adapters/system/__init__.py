"""What this machine gives: time."""
