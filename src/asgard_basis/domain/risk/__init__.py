"""When to say no: limits over users' wishes."""
