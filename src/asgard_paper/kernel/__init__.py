"""What every simulated venue shares: time, market conditions, storage, faults."""
