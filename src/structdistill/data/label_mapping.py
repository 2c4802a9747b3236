"""How the labels of a teacher are called by its student."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from structdistill.errors import RecipeError
from structdistill.names import suggestion

OTHERS = "*"
"""In a mapping: all labels of the teacher that are not named and that the data do not have."""

OUTSIDE = "O"
"""No segment."""


class LabelMapping(BaseModel):
    """Names of a teacher's labels, and the names that the student has for them.

    Of tags that mark segments, labels are the types of segments (`PER`), and `O` is outside; of
    other tags, of relations and of constituents, these themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mapping: dict[str, str] = Field(
        {}, description="from a teacher's label to the student's; others keep their names"
    )
    untaught: tuple[str, ...] = Field(
        (), description="labels of the data that a teacher does not know"
    )

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.mapping or self.untaught)

    def names(
        self, theirs: Sequence[Sequence[str]], ours: Sequence[str], *, outside: bool
    ) -> list[dict[str, str]]:
        """What each label of some teachers becomes.

        A label goes where the mapping says, else to the label of the same name, else where the
        mapping sends `*`.

        Args:
            theirs: the labels of each teacher.
            ours: the labels of the student's data.
            outside: whether a label may become `O`.

        Returns:
            for each teacher its labels with their new names: each one of `ours`, or `O`, or its own
            name where the mapping says so.

        Raises:
            RecipeError: all that does not match, and how it can be made to.
        """
        everything = {label for labels in theirs for label in labels}
        mistakes = [
            f"the teacher has no {name!r}. {suggestion(name, everything)}"
            for name in self.mapping
            if name != OTHERS and name not in everything
        ]
        targets = {*ours, OUTSIDE} if outside else {*ours}
        mistakes += [
            f"{name!r} becomes {target!r}, which the data do not have. {suggestion(target, ours)}"
            for name, target in self.mapping.items()
            if target not in targets and target != name
        ]
        names = [{label: self._target(label, ours) for label in labels} for labels in theirs]
        left = sorted({label for found in names for label in found if found[label] is None})
        if left:
            forget = f', or "{OTHERS}" = "{OUTSIDE}" to forget all of them' if outside else ""
            mistakes.append(
                f"only the teacher has: {', '.join(left)}. Say in labels.mapping which of the "
                f"data's labels each becomes ({', '.join(ours)}){forget}"
            )
        unknown = [label for label in ours if any(label not in n.values() for n in names)]
        missing = [label for label in unknown if label not in self.untaught]
        if missing:
            mistakes.append(
                f"only the student has: {', '.join(missing)}. Say in labels.mapping what of the "
                "teacher becomes it, or list it in labels.untaught"
            )
        mistakes += [
            f"labels.untaught has {label!r}, which the teacher knows or the data do not have. "
            f"{suggestion(label, unknown)}"
            for label in self.untaught
            if label not in unknown
        ]
        if mistakes:
            raise RecipeError(
                "\n".join(["the labels of teacher and data do not match:", *_indented(mistakes)])
            )
        return [{label: name for label, name in n.items() if name is not None} for n in names]

    def _target(self, label: str, ours: Sequence[str]) -> str | None:
        if label in self.mapping:
            return self.mapping[label]
        return label if label in ours else self.mapping.get(OTHERS)


def renamed_tag(tag: str, names: Mapping[str, str]) -> str:
    """A tag under another name; of segments in IOB2, whatever scheme it was in.

    Args:
        tag: `O`, or a prefix and a type (`S-PER`); or a tag that marks no segment.
        names: of types, or of whole tags.
    """
    if tag in names:
        return names[tag]
    prefix, _, kind = tag.partition("-")
    name = names.get(kind, kind)
    if tag == OUTSIDE or name == OUTSIDE:
        return OUTSIDE
    return f"{'B' if prefix in 'BSU' else 'I'}-{name}"


def segment_types(tags: Sequence[str]) -> tuple[str, ...] | None:
    """The types of segments that some tags mark, in their order; None if they mark none."""
    if not all(tag == OUTSIDE or (tag[:1] in "BIESLU" and tag[1:2] == "-") for tag in tags):
        return None
    return tuple(dict.fromkeys(tag[2:] for tag in tags if tag != OUTSIDE))


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
