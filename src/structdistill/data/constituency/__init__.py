"""Constituency trees: as text, as labelled binary spans, and how two of them compare."""
