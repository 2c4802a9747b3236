"""File formats: one module and one class each, named alike."""
