"""Accounting: books from what the venues have on record, and what is read from them."""
