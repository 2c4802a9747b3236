"""Encoders, found by the names of their modules."""
