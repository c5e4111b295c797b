"""Orders and the permission to place them: order desk, agents, nonces."""
