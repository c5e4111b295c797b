"""What we need from the outside, in the domain's words."""
