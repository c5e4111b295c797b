"""Killing processes of the running product, and looking at what is left."""
