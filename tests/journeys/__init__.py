"""The whole stack, driven through its public interfaces."""
