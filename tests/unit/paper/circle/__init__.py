"""Circle in the paper world."""
