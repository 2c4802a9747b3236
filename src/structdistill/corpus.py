"""The sentences of an experiment, as its recipe names them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from structdistill.data.annotated import Annotated
from structdistill.data.augmentation import Augmentation, augmented
from structdistill.data.folds import fold_of
from structdistill.data.formats.text import Text
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.data_settings import Data
from structdistill.errors import RecipeError
from structdistill.structures import Structure
from structdistill.tasks.base import Task
from structdistill.tasks.tagging import Tagging


@dataclass(frozen=True)
class Corpus:
    """The sentences that a recipe names.

    Args:
        train: to train on, without the fold that is left out; those beyond `data.labelled` have
            lost their annotation.
        dev: chooses the best epoch.
        test: for the final figures; may be empty.
        unlabelled: for the teacher to annotate.
        labels: of the training data.
        task: the kind of annotation.
        ood: out of the domain, for further figures; may be empty.
    """

    train: list[Sentence]
    dev: list[Sentence]
    test: list[Sentence]
    unlabelled: list[Sentence]
    labels: Labels
    task: type[Task] = Tagging
    ood: list[Sentence] = field(default_factory=list)

    @classmethod
    def read(
        cls, data: Data, *, task: type[Task] = Tagging, annotated: Sequence[Annotated] = ()
    ) -> "Corpus":
        """Reads all files and checks that they fit together.

        Args:
            data: names them.
            task: the kind of annotation that they have.
            annotated: what a teacher has annotated; its labels are those of training data, too,
                and what of it is in no other file is unlabelled text. With it there may be no
                training data.

        Raises:
            RecipeError: training or development data are not named.
            DataError: a file cannot be used, or has labels that the training data lack.
        """
        if (data.train is None and not annotated) or data.dev is None:
            raise RecipeError("the recipe names no data: set data.train and data.dev")
        train = data.read(data.train, task=task) if data.train else []
        dev = data.read(data.dev, task=task)
        test = data.read(data.test, task=task) if data.test else []
        ood = data.read(data.ood, task=task) if data.ood else []
        labels = task.collect(train + [s for each in annotated for s in each.annotations])
        known = task(labels)
        for sentence in dev + test + ood:
            known.check(sentence)
        labelled = len(train) if data.labelled is None else data.labelled
        train = train[:labelled] + [sentence.unlabelled() for sentence in train[labelled:]]
        if data.without_fold is not None:
            fold, count = data.without_fold
            train = [sentence for sentence in train if fold_of(sentence, count) != fold - 1]
        unlabelled = [sentence for path in data.unlabelled for sentence in Text().read(path)]
        count = min(len(unlabelled), data.unlabelled_limit or len(unlabelled))
        unlabelled = [unlabelled[i * len(unlabelled) // count] for i in range(count)]
        elsewhere = {sentence.words for sentence in train + dev + test + ood + unlabelled}
        unlabelled += [a.sentence for a in annotated if a.sentence.words not in elsewhere]
        return cls(train, dev, test, unlabelled, labels, task, ood)

    def augmented(self, settings: Augmentation) -> "Corpus":
        """The same with changed copies of the training sentences as further unlabelled text."""
        everything = self.train + self.dev + self.test + self.ood + self.unlabelled
        known = {sentence.words for sentence in everything}
        copies = augmented(self.train, settings, without=known)
        return replace(self, unlabelled=self.unlabelled + copies)

    @property
    def annotated(self) -> list[Sentence]:
        """The training sentences that have an annotation."""
        return [sentence for sentence in self.train if self.task.is_annotated(sentence)]

    def left_out(self, task: Task, alike: Structure) -> dict[str, int]:
        """How many annotations structures like this one cannot represent, if any; for metrics.

        Such as trees with crossing arcs.
        """
        count = sum(not task.can_represent(sentence, alike) for sentence in self.annotated)
        return {"left_out": count} if count else {}
