"""Annotations as a teacher."""

import json

import pytest
import torch

from structdistill.data.annotated import Annotated
from structdistill.data.constituency.vocabulary import SpanLabels
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError
from structdistill.objectives import NLL, Posterior, Structural, TopK, parse
from structdistill.structures import (
    ConstituencyTree,
    Independent,
    LinearChain,
    NonProjectiveTree,
    SemiMarkov,
    Structure,
)
from structdistill.tasks.base import Task
from structdistill.tasks.constituency import Constituency
from structdistill.tasks.dependency import Dependency
from structdistill.tasks.segmentation import Segmentation
from structdistill.tasks.tagging import Tagging
from structdistill.teachers.annotations import Annotations
from structdistill.teachers.pairing import check_objective
from tests.tiny import LABELS

TAGS = Labels(LABELS)
LEE, OSLO = ("Ada", "Lee", "left"), ("Oslo", "calls")
TOLD = {
    "tags": [
        [
            (Sentence(LEE, ("B-PER", "I-PER", "O")), 0.5),
            (Sentence(LEE, ("B-PER", "B-PER", "O")), 0.3),
            (Sentence(LEE, ("O", "O", "O")), 0.2),
        ],
        [(Sentence(OSLO, ("B-LOC", "O")), 1.0)],
    ],
    "heads": [
        [
            (Sentence(LEE, heads=(3, 1, 0), relations=("a", "b", "c")), 0.6),
            (Sentence(LEE, heads=(2, 3, 0), relations=("a", "b", "c")), 0.4),
        ],
        [(Sentence(OSLO, heads=(2, 0), relations=("a", "c")), 1.0)],
    ],
    "tree": [
        [
            (Sentence(LEE, tree="(S (NP (N Ada) (N Lee)) (V left))"), 0.6),
            (Sentence(LEE, tree="(S (N Ada) (N Lee) (V left))"), 0.4),
        ],
        [(Sentence(OSLO, tree="(S (N Oslo) (V calls))"), 1.0)],
    ],
}
SENTENCES = [Sentence(OSLO), Sentence(LEE)]
LENGTHS = torch.tensor([2, 3])
TREES = SpanLabels.collect(s for line in TOLD["tree"] for s, _ in line)


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def students() -> list[tuple[Task, Structure]]:
    """A student of each family."""
    size = SpanLabels(TREES.names).size
    relations = Labels(("a", "b", "c"))
    transitions = random(5, 5)
    return [
        (Tagging(TAGS), Independent(emissions=random(2, 3, 5), lengths=LENGTHS)),
        (
            Tagging(TAGS),
            LinearChain(emissions=random(2, 3, 5), transitions=transitions, lengths=LENGTHS),
        ),
        (
            Segmentation(TAGS),
            SemiMarkov(segments=random(2, 3, 2, 3), transitions=random(3, 3), lengths=LENGTHS),
        ),
        (
            Dependency(relations),
            NonProjectiveTree(arcs=random(2, 4, 4, 3), lengths=LENGTHS),
        ),
        (Constituency(TREES), ConstituencyTree(spans=random(2, 4, 4, size), lengths=LENGTHS)),
    ]


def taught(task: Task, **rest: list[Sentence]) -> Annotations:
    return Annotations([Annotated.pool(line) for line in TOLD[task.layer]], task, **rest)


every_student = pytest.mark.parametrize(
    ("task", "student"), students(), ids=lambda value: type(value).__name__
)


@every_student
def test_it_teaches_the_mean_likelihood_of_its_annotations(task: Task, student: Structure) -> None:
    teacher = taught(task)(SENTENCES)
    entropy, likelihood = [], []
    for i, line in enumerate(reversed(TOLD[task.layer])):
        weights = torch.tensor([weight for _, weight in line])
        entropy.append(-(weights * weights.log()).sum())
        batches = [[*SENTENCES[:i], s, *SENTENCES[i + 1 :]] for s, _ in line]
        each = [student.log_prob(task.encode(batch, student))[i] for batch in batches]
        likelihood.append(-(weights * torch.stack(each)).sum())
    expected = (torch.stack(likelihood) - torch.stack(entropy)) / LENGTHS
    torch.testing.assert_close(Structural()(student, teacher), expected)
    torch.testing.assert_close(TopK(k=9)(student, teacher), torch.stack(likelihood) / LENGTHS)


@every_student
def test_one_annotation_teaches_as_if_it_were_gold(task: Task, student: Structure) -> None:
    gold = [line[0][0] for line in reversed(TOLD[task.layer])]
    teacher = Annotations([Annotated.pool([(sentence, 5.0)]) for sentence in gold], task)
    nll = NLL()(student, gold=task.encode(gold, student))
    torch.testing.assert_close(Structural()(student, teacher(gold)), nll)
    assert teacher.annotate(SENTENCES) == gold
    assert Posterior()(student, teacher(gold)).isfinite().all()


@every_student
def test_potentials_are_not_compared(task: Task, student: Structure) -> None:
    name = {"tags": "tagging", "heads": "dependency", "tree": "constituency"}[task.layer]
    for objective in ("structural", "posterior", "top_k(k=2)"):
        check_objective(
            parse(objective), student=student, teacher=taught(task)(SENTENCES), task=name
        )
    for objective in ("token", "substructure"):
        with pytest.raises(RecipeError, match=r"choose another objective \(posterior, str.*\), or"):
            check_objective(
                parse(objective), student=student, teacher=taught(task)(SENTENCES), task=name
            )


def test_lines_of_the_same_words_are_pooled_and_count_alike() -> None:
    task = Tagging(TAGS)
    twice = [*TOLD["tags"], [(Sentence(LEE, ("O", "O", "O")), 7.0)]]
    teacher = Annotations(map(Annotated.pool, twice), task)
    weights = teacher([Sentence(LEE)]).weights()[:, 0]
    torch.testing.assert_close(weights, torch.tensor([0.25, 0.15, 0.6]))
    assert teacher.annotate([Sentence(LEE)])[0].tags == ("O", "O", "O")


def test_a_sentence_does_not_depend_on_its_batch() -> None:
    teacher = taught(Tagging(TAGS))
    together, alone = teacher(SENTENCES), teacher(SENTENCES[:1])
    assert len(together.scores) == 3
    assert len(alone.scores) == 1
    assert alone.entropy() == together.entropy()[0] == 0
    torch.testing.assert_close(together.argmax()["emissions"][:1, :2], alone.argmax()["emissions"])


def test_gold_teaches_where_there_is_no_annotation() -> None:
    gold = Sentence(("Oslo", "waits"), ("B-LOC", "O"))
    part = Sentence(("Rome",), (None,), origin="train.txt:3")
    other = Sentence(OSLO, ("O", "O"))
    teacher = taught(Tagging(TAGS), gold=[gold, part, other])
    assert teacher.annotate([gold.unlabelled(), other]) == [gold, TOLD["tags"][1][0][0]]
    assert other in teacher
    assert gold not in teacher
    with pytest.raises(DataError, match=r"^train.txt:3: the teacher has no annotation of this se"):
        teacher([part])


def test_a_file_has_its_own_labels(tmp_path) -> None:
    path = tmp_path / "told.jsonl"
    record = {"tokens": LEE, "annotations": [{"tags": ["B-X", "E-X", "O"]}]}
    path.write_text(json.dumps(record))
    teacher = Annotations.read(path, task="segmentation")
    assert teacher.labels.names == ("O", "B-X", "I-X")
    assert teacher.annotate([Sentence(LEE)])[0].tags == ("B-X", "I-X", "O")
    with pytest.raises(DataError, match=r"told.jsonl:1: word 1 \('Ada'\): the tag 'B-X' is not"):
        Annotations([Annotated.pool([(s, 1) for s in teacher.sentences()])], Tagging(TAGS))
