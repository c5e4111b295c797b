"""The spot-margin venue: positions over four lenders, real tokens on the simulated chain."""
