"""Folds of sentences, which stay the same in whatever file and order the sentences come."""

import hashlib

from structdistill.data.sentence import Sentence


def fold_of(sentence: Sentence, folds: int) -> int:
    """Which fold a sentence is in, from 0: the hash of its words, modulo the number of folds.

    So equal words are always in one fold. Folds are about, not exactly, of one size.
    """
    digest = hashlib.blake2b("\0".join(sentence.words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % folds
