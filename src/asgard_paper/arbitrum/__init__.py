"""A real EVM on chain id 42161 with native USDC and the venue's bridge at their real addresses."""
