"""More text for a teacher to annotate, made of annotated sentences."""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

from structdistill.data.constituency.bracketing import constituents, tree_of, words_of
from structdistill.data.label_mapping import OUTSIDE, segment_types
from structdistill.data.schemes import spans
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError

Words = tuple[str, ...]

Labelled = list[tuple[str, str]]
"""Words with their labels."""

Segment = tuple[int, int, str]
"""`words[start:end]` and its type."""


class Augmentation(BaseModel):
    """What is done to copies of the training sentences, for a teacher to annotate them.

    First segments are replaced, then words are masked or replaced, then the copy is cut.

    Reference: masking, replacement by words of the same tag and n-gram sampling are those of Tang
        et al. (2019), whose rates for words are the defaults; n-grams there have at most 5 words.
        Of the same tag, and of segments of the same type, Dai & Adel (2020); of constituents, Shi,
        Livescu & Gimpel (2021). They keep the gold annotation; here the teacher annotates anew.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    copies: int = Field(0, ge=0, description="versions of each training sentence; 0 for none")
    mask: float = Field(0.1, ge=0, le=1, description="share of words that are masked")
    replace: float = Field(
        0.1, ge=0, le=1, description="share of words that become others, of the same label if any"
    )
    segments: float = Field(
        0.1, ge=0, le=1, description="share of segments or constituents that become others alike"
    )
    ngrams: float = Field(
        0.25, ge=0, le=1, description="share of copies that are cut down to some adjacent words"
    )
    mask_word: str = Field(
        "[MASK]", min_length=1, description="what stands for a masked word, as the teacher has it"
    )
    seed: int = Field(
        1, ge=0, description="of what is drawn, alike for students, who share their teacher's cache"
    )

    @model_validator(mode="after")
    def _check_shares(self) -> "Augmentation":
        if self.mask + self.replace > 1:
            raise RecipeError(
                f"mask and replace are shares of the same words: expected at most 1 together, got "
                f"{self.mask:g} + {self.replace:g}"
            )
        if self.copies and not any((self.mask, self.replace, self.segments, self.ngrams)):
            raise RecipeError("copies that nothing is done to are none: set mask, replace, …")
        return self

    def __bool__(self) -> bool:
        """Whether there are to be copies."""
        return self.copies > 0


def augmented(
    sentences: Sequence[Sentence], settings: Augmentation, *, without: Collection[Words] = ()
) -> list[Sentence]:
    """Changed copies of sentences, without annotation.

    What becomes of a sentence depends on its words, the settings and all sentences, from whom
    replacements are drawn in proportion to their frequency, and not on its place among them. More
    `copies` leave those that there were as they are.

    Args:
        sentences: with annotation or without. Of the former, words are replaced by words of the
            same tag, relation or part of speech, and segments and constituents by those of the same
            label; of the latter, words by any.
        settings: what is done to them.
        without: words of sentences that are not wanted, beside those of `sentences`.

    Returns:
        for each sentence up to `copies`, each different from all others.
    """
    if not settings:
        return []
    pool, stock = defaultdict[str, list[str]](list), defaultdict[str, list[Labelled]](list)
    read = [(_labelled(sentence), _segments(sentence)) for sentence in sentences]
    for labelled, segments in read:
        for word, label in labelled:
            pool[label].append(word)
            if label:
                pool[""].append(word)  # of any label
        for start, end, name in segments:
            stock[name].append(labelled[start:end])
    known = {*without, *(sentence.words for sentence in sentences)}
    found = list[Sentence]()
    for sentence, (labelled, segments) in zip(sentences, read, strict=True):
        for number in range(settings.copies):
            generator = random.Random("\0".join((f"{settings.seed} {number}", *sentence.words)))
            copy = list(labelled)
            # From the right, so that the places of those further left stay what they are.
            for start, end, name in reversed(_drawn(segments, settings.segments, generator)):
                copy[start:end] = generator.choice(stock[name])
            words = _changed(copy, settings, generator, pool)
            if words not in known:
                known.add(words)
                found.append(Sentence(words, origin=sentence.origin))
    return found


def _changed(
    copy: Labelled,
    settings: Augmentation,
    generator: random.Random,
    pool: Mapping[str, Sequence[str]],
) -> Words:
    """The words of a copy, some of them masked or replaced, perhaps cut down."""
    words = []
    for word, label in copy:
        chance = generator.random()
        if chance < settings.mask:
            words.append(settings.mask_word)
        elif chance < settings.mask + settings.replace:
            words.append(generator.choice(pool[label]))
        else:
            words.append(word)
    if generator.random() < settings.ngrams:
        size = generator.randint(1, len(words))
        start = generator.randint(0, len(words) - size)
        words = words[start : start + size]
    return tuple(words)


def _drawn(segments: list[Segment], share: float, generator: random.Random) -> list[Segment]:
    """Some of the segments, from left to right; none lies in another."""
    found = list[Segment]()
    for segment in segments:
        if generator.random() < share and (not found or found[-1][1] <= segment[0]):
            found.append(segment)
    return found


def _labelled(sentence: Sentence) -> Labelled:
    """Each word with what its replacement must have, too; empty where it is not known."""
    if sentence.tree is not None:
        return [
            (word, tag)
            for word, (_, tag) in zip(sentence.words, words_of(tree_of(sentence)), strict=True)
        ]
    labels = sentence.tags or sentence.relations or (None,) * len(sentence)
    return [(word, label or "") for word, label in zip(sentence.words, labels, strict=True)]


def _segments(sentence: Sentence) -> list[Segment]:
    """All segments or constituents, those from further left first, and longer ones before shorter.

    Not the constituent that is the sentence: to replace it is no change.
    """
    if sentence.tree is not None:
        found = [(i, j, str(node.label())) for node, i, j in constituents(tree_of(sentence))]
        return [segment for segment in found if segment[1] - segment[0] < len(sentence)]
    tags = [tag or OUTSIDE for tag in sentence.tags or ()]
    if None in (sentence.tags or ()) or segment_types(tags) is None:
        return []
    return spans(tags)
