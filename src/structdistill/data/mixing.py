"""How much text without annotation an epoch has beside the annotated one."""

import random
from collections.abc import Sequence
from itertools import accumulate

from structdistill.data.sentence import Sentence


def draw(lengths: Sequence[int], *, words: int, seed: int, epoch: int) -> list[int]:
    """The sentences that an epoch sees of a text.

    All sentences are read in a random order, then in another one, and so on; each epoch goes on
    where the one before stopped. So epochs see other parts until all has been seen, every sentence
    as often as any other but for one time, and nothing but its number decides what one sees.

    Args:
        lengths: the words of each sentence, 1 or more.
        words: how many an epoch sees. A sentence is seen in the epoch in which it begins, so an
            epoch may have up to a sentence less or more.
        seed: decides the orders.
        epoch: counted from 0.

    Returns:
        Indices of sentences; some are repeated if there are fewer words than asked for.

    Raises:
        ValueError: the text has no words.
    """
    total = sum(lengths)
    if total < 1:
        raise ValueError("there is no text to draw from")
    first, last = epoch * words, (epoch + 1) * words  # counted over all readings
    found = list[int]()
    for reading in range(first // total, -(-last // total)):
        order = list(range(len(lengths)))
        random.Random(seed * 1_000_003 + reading).shuffle(order)
        starts = accumulate((lengths[i] for i in order[:-1]), initial=reading * total)
        found += [i for i, start in zip(order, starts, strict=True) if first <= start < last]
    return found


def mixed(
    sentences: Sequence[Sentence],
    annotated: Sequence[bool],
    *,
    ratio: float | None,
    seed: int,
    epoch: int,
) -> list[int]:
    """The indices of the sentences of an epoch: all that are annotated, and a part of the others.

    Args:
        sentences: all.
        annotated: whether each is.
        ratio: words without annotation for each annotated word; `None` for all there are.
        seed: decides which.
        epoch: counted from 0.

    Raises:
        ValueError: there is a ratio, but nothing annotated.
    """
    ours = [i for i, yes in enumerate(annotated) if yes]
    others = [i for i, yes in enumerate(annotated) if not yes]
    if ratio is None or not others:
        return list(range(len(sentences)))
    words = max(1, round(ratio * sum(len(sentences[i]) for i in ours)))
    drawn = draw([len(sentences[i]) for i in others], words=words, seed=seed, epoch=epoch)
    return ours + [others[i] for i in drawn]
