"""Every state one position's sagas can come to, in a world small enough to visit all of it."""
