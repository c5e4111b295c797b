"""The product's own code inside one deterministic process: time, venues and faults from a seed."""
