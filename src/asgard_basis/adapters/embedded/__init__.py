"""PostgreSQL and Valkey from Python packages, run as our own children."""
