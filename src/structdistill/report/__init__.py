"""Finished runs side by side: what distillation has gained, and whether it is more than luck."""
