"""Encoders, heads, and the models that they make."""
