"""Tag schemes: the ways to write labelled segments as one tag a word.

Inside the library tags are IOB2: `B-X` begins a segment, `I-X` continues it, `O` is outside.
Outside they may be

    IOB1    I-X, and B-X only where a segment follows one of its own label
    IOB2    B-X I-X ..., also called BIO
    BIOES   B-X I-X ... E-X, a single word S-X, also called IOBES
    BILOU   B-X I-X ... L-X, a single word U-X
    plain   no segments but classes of words, such as parts of speech; taken as they are
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from structdistill.data.origin import error_at
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError

_PREFIXES = {"iob1": "BI", "iob2": "BI", "bioes": "BIES", "bilou": "BILU"}
_ALONE_AND_LAST = {"bioes": ("S", "E"), "bilou": ("U", "L")}


def check_name(scheme: str) -> None:
    """Refuses a scheme that there is not.

    Raises:
        RecipeError: names the known ones.
    """
    if scheme not in ("auto", "plain", *_PREFIXES):
        raise RecipeError(
            f"unknown scheme {scheme!r}. Known: auto, iob1, iob2 (BIO), bioes (IOBES), bilou, "
            "plain (no segments: parts of speech)"
        )


def detect(sentences: Sequence[Sentence]) -> str:
    """The scheme of a whole file: `iob1`, `iob2`, `bioes` or `bilou`.

    What is legal neither as IOB1 nor as IOB2 but has their prefixes counts as IOB2.

    Raises:
        DataError: a tag fits no scheme, or none together with the tags before it.
    """
    fitting = _fitting(sentences, list(_PREFIXES))
    if "iob1" not in fitting:
        return fitting[0]
    # Where a segment does not follow one of its own label, IOB1 begins it with I, IOB2 with B.
    beginnings = {
        tag[0]
        for sentence in sentences
        for previous, tag in pairwise(("O", *(sentence.tags or ())))
        if previous and tag and tag != "O" and previous[2:] != tag[2:]
    }
    return "iob1" if beginnings == {"I"} else "iob2"


def normalise(sentences: Sequence[Sentence], scheme: str) -> list[Sentence]:
    """The same sentences with tags in IOB2; under `plain` as they are.

    Args:
        sentences: all of a file, tags as written there.
        scheme: the file's scheme; `auto` for any that holds segments.

    Raises:
        DataError: a tag does not fit the scheme.
    """
    if scheme == "plain":
        return list(sentences)
    _fitting(sentences, list(_PREFIXES) if scheme == "auto" else [scheme])
    return [
        sentence if sentence.tags is None else replace(sentence, tags=to_iob2(sentence.tags))
        for sentence in sentences
    ]


def to_iob2(tags: Sequence[str | None]) -> tuple[str | None, ...]:
    """The tags of one sentence in IOB2, from any scheme that holds segments.

    One rule reads all of them, as conlleval does: B, S and U begin a segment; I, E and L continue
    one of their label that is still open, else begin one. After an unknown tag (`None`) they
    continue.

    Raises:
        DataError: a tag that belongs to no segment scheme.
    """
    return tuple(_to_iob2(previous, tag) for previous, tag in pairwise(("O", *tags)))


def from_iob2(tags: Sequence[str | None], scheme: str) -> tuple[str | None, ...]:
    """IOB2 tags of one sentence in another scheme; `auto` and `plain` leave them as they are.

    Beside an unknown tag (`None`) the tag stays as in IOB2, so that `to_iob2` gives it back.
    """
    if scheme == "iob1":
        return tuple(_to_iob1(previous, tag) for previous, tag in pairwise(("O", *tags)))
    if scheme in _ALONE_AND_LAST:
        alone, last = _ALONE_AND_LAST[scheme]
        return tuple(
            _closed(tag, following, alone, last) for tag, following in pairwise((*tags, "O"))
        )
    return tuple(tags)


def spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The segments of one sentence, `(start, end, label)` with `words[start:end]`, in order.

    Raises:
        DataError: a tag that belongs to no segment scheme.
    """
    found: list[tuple[int, int, str]] = []
    for index, tag in enumerate(to_iob2(tags)):
        if tag is None or tag == "O":
            continue
        start = index if tag[0] == "B" else found.pop()[0]
        found.append((start, index + 1, tag[2:]))
    return found


def _fits(tag: str, prefixes: str) -> bool:
    return tag == "O" or (len(tag) > 2 and tag[0] in prefixes and tag[1] == "-")


def _fitting(sentences: Iterable[Sentence], schemes: list[str]) -> list[str]:
    """Those of the schemes whose prefixes cover all tags; raises at the tag that leaves none."""
    first: dict[str, tuple[Sentence, int]] = {}
    for sentence in sentences:
        for index, tag in enumerate(sentence.tags or ()):
            if tag is not None:
                first.setdefault(tag, (sentence, index))
    left = schemes
    for tag, (sentence, index) in first.items():
        left = [scheme for scheme in left if _fits(tag, _PREFIXES[scheme])]
        if not left:
            raise error_at(sentence, index, _misfit(tag, schemes))
    return left


def _misfit(tag: str, schemes: Sequence[str]) -> str:
    if len(schemes) == 1:
        where = f"not {schemes[0]}"
    elif any(_fits(tag, _PREFIXES[scheme]) for scheme in schemes):
        where = "no scheme together with the tags before it"
    else:
        where = "no scheme"
    prefixes = dict.fromkeys("".join(_PREFIXES[scheme] for scheme in schemes))
    expected = ", ".join(f"{prefix}-LABEL" for prefix in prefixes)
    return (
        f"the tag {tag!r} fits {where} (expected O, {expected}). Correct it, or choose another "
        'column; for tags that are no segments, such as parts of speech, set scheme = "plain"'
    )


def _to_iob2(previous: str | None, tag: str | None) -> str | None:
    if tag is None or tag == "O":
        return tag
    if not _fits(tag, "BIESLU"):
        raise DataError(_misfit(tag, list(_PREFIXES)))
    is_open = previous is None or (previous[0] in "BI" and previous[2:] == tag[2:])
    return ("I-" if is_open and tag[0] in "IEL" else "B-") + tag[2:]


def _to_iob1(previous: str | None, tag: str | None) -> str | None:
    if tag is None or previous is None or tag[0] != "B" or previous[2:] == tag[2:]:
        return tag
    return f"I-{tag[2:]}"


def _closed(tag: str | None, following: str | None, alone: str, last: str) -> str | None:
    if tag is None or tag == "O" or following is None or following == f"I-{tag[2:]}":
        return tag
    return f"{alone if tag[0] == 'B' else last}-{tag[2:]}"
