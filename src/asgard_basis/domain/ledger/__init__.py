"""Where every cent came from."""
