"""What is fast is measured here, never in tests: `make bench`."""
