"""What a teacher says, in the labels of its student."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from structdistill.data.label_mapping import LabelMapping
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.structures import Distribution
from structdistill.structures.label_maps import LabelMaps
from structdistill.structures.merged import renamed
from structdistill.tasks.base import Task


@dataclass(frozen=True)
class Translation:
    """From a teacher's labels to those of its student.

    Args:
        task: the student's.
        names: the student's names for the teacher's labels (`Task.nameable`); none if the student
            has all of these labels.
        order: which of the teacher's labels comes first, second, …
        maps: what they then become, of all structures; none if they stay what they are.
    """

    task: type[Task]
    names: Mapping[str, str]
    order: tuple[int, ...]
    maps: LabelMaps

    @classmethod
    def make(
        cls, task: type[Task], *, theirs: Labels, ours: Labels, names: Mapping[str, str]
    ) -> "Translation":
        """The translation between labels that match.

        Raises:
            RecipeError: this kind of annotation has no such translation.
        """
        order = task.order(theirs)
        ordered = Labels(tuple(theirs.names[index] for index in order))
        maps = task.renaming(ordered, ours, names)
        known = not theirs.difference(ours)[0] and all(names[name] == name for name in names)
        return cls(task, {} if known else dict(names), tuple(order), maps)

    @classmethod
    def of_names(cls, task: type[Task], *, theirs: Labels, ours: Labels) -> "Translation":
        """The translation of annotated sentences in which only the scheme of tags may change."""
        same = {name: name for name in task.nameable(theirs)} if theirs.difference(ours)[0] else {}
        return cls(task, same, tuple(range(len(theirs))), {})

    def distribution(self, theirs: Distribution) -> Distribution:
        """The teacher's distribution over the student's labels."""
        if self.order != tuple(range(len(self.order))):
            theirs = theirs.relabel(torch.tensor(self.order, device=theirs.lengths.device))
        return renamed(theirs, self.maps) if self.maps else theirs

    def sentence(self, theirs: Sentence) -> Sentence:
        """A sentence that the teacher has annotated, with the student's labels."""
        return self.task.renamed(theirs, self.names) if self.names else theirs


def translations(
    task: type[Task], mapping: LabelMapping, *, own: Labels, theirs: Sequence[Labels]
) -> tuple[Labels, list[Translation]]:
    """The labels of a student, and how those of each of its teachers become these.

    Without a mapping the student has its teacher's labels, among which those of its data must be.
    With one it has those of its data, and each of a teacher's labels must become one of them. So it
    is where there are several teachers that do not have the same.

    Args:
        task: the student's.
        mapping: what is called otherwise.
        own: the labels of the student's data.
        theirs: the labels of each teacher.

    Raises:
        DataError: the data have labels that their teacher lacks.
        RecipeError: all that does not match.
    """
    nameable = [task.nameable(labels) for labels in theirs]
    if not mapping and len({frozenset(names) for names in nameable}) == 1:
        labels = task.learnt(theirs[0])
        if own.difference(labels)[0] and not own.difference(theirs[0])[0]:
            labels = theirs[0]  # tags of a scheme, which the data have as they are
        if own.difference(labels)[0]:
            own.check_same(labels)
        renamings = [{name: name for name in names} for names in nameable]
    else:
        renamings = mapping.names(nameable, task.nameable(own), outside=task.forgets)
        labels = task.vocabulary(own, (new for names in renamings for new in names.values()))
    return labels, [
        Translation.make(task, theirs=each, ours=labels, names=names)
        for each, names in zip(theirs, renamings, strict=True)
    ]
