"""Corpora: sentences, labels, file formats, batches, the generated corpus."""
