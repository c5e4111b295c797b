"""One file per resource, named as in the URL."""
