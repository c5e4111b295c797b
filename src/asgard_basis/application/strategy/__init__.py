"""When to enter and leave: intents and the autonomous strategy."""
