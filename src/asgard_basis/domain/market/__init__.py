"""What the venues say, as values with their units in the type."""
