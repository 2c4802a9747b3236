"""Distil accurate structured predictors into small, fast ones, sub-structure by sub-structure."""

__version__ = "0.1.0"
