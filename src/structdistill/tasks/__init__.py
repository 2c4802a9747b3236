"""One vertical slice for each kind of annotation: sentences ↔ parts, and the metric."""
