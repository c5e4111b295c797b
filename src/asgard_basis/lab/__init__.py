"""Thousands of made-up quarters through the decisions that production makes."""
