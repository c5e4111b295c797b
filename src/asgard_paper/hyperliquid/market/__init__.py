"""What can be traded and at which price: universe, quotes, depth, funding rates."""
