"""What makes the heads of words a dependency tree."""

from collections.abc import Sequence


def cycle(heads: Sequence[int | None]) -> list[int]:
    """Words that depend on each other in a circle, the smallest first; none if there is no circle.

    Args:
        heads: of each word, in the count from 1; 0 is the root, `None` unknown.
    """
    # The words on a path that is being followed have its number, others that of an earlier one.
    path_of = [0] * (len(heads) + 1)
    for start in range(1, len(heads) + 1):
        word: int | None = start
        while word and not path_of[word]:
            path_of[word] = start
            word = heads[word - 1]
        if word and path_of[word] == start:
            circle = [word]
            while (following := heads[circle[-1] - 1]) != word:
                assert following is not None
                circle.append(following)
            first = circle.index(min(circle))
            return circle[first:] + circle[:first]
    return []


def roots(heads: Sequence[int | None]) -> list[int]:
    """The words whose head is the root."""
    return [word for word, head in enumerate(heads, start=1) if head == 0]


def mistake(heads: Sequence[int | None], *, single_root: bool) -> tuple[int, str] | None:
    """What keeps heads from being a tree: a word that is involved, and what is wrong with it.

    Args:
        heads: of each word; none beyond the last word.
        single_root: whether several roots are a mistake.
    """
    circle = cycle(heads)
    if circle:
        path = " → ".join(map(str, [*circle, circle[0]]))
        return circle[0], (
            f"expected a tree, but the words {path} depend on each other in a circle; give one of "
            "them another head"
        )
    tops = roots(heads)
    if single_root and len(tops) > 1:
        return tops[1], (
            f"expected one root, but the words {', '.join(map(str, tops))} have head 0; correct "
            "their heads, or allow it with single_root = false"
        )
    return None


def is_projective(heads: Sequence[int | None]) -> bool:
    """Whether no two arcs cross, drawn above the sentence with the root before it.

    Arcs of unknown heads are not counted.
    """
    arcs = sorted(
        (min(head, word), -max(head, word))
        for word, head in enumerate(heads, start=1)
        if head is not None
    )
    # By their left ends, the wider first: each arc must end within all that are still open.
    open_ends: list[int] = []
    for left, negative_right in arcs:
        while open_ends and open_ends[-1] <= left:
            open_ends.pop()
        if open_ends and open_ends[-1] < -negative_right:
            return False
        open_ends.append(-negative_right)
    return True
