"""The generated corpus: varied, ambiguous English with four layers of annotation."""

from structdistill.data.corpus.annotated import Annotated
from structdistill.data.corpus.writing import generate, write_corpus

__all__ = ["Annotated", "generate", "write_corpus"]
