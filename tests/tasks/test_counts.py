"""Of every task: a corpus's score is the F1 of its sentences' counts; confidences are judged."""

import random
from dataclasses import replace

import pytest
import torch

from structdistill.data.corpus import generate
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.models.heads import SpanHead
from structdistill.names import known, resolve
from structdistill.structures import ConstituencyTree
from structdistill.tasks.base import Counts, Prediction, Span, Task
from structdistill.tasks.constituency import Constituency
from structdistill.tasks.dependency import Dependency
from structdistill.tasks.tagging import Tagging

CORPUS = list(generate(80, seed=4))
GOLD = [annotated.sentence() for annotated in CORPUS]
PARTS_OF_SPEECH = [Sentence(annotated.words, annotated.pos) for annotated in CORPUS]


def corrupted(sentences: list[Sentence], task: Task, seed: int) -> list[Sentence]:
    """As a bad model would annotate them: what is best under noise and a bit of gold."""
    torch.manual_seed(seed)
    structure, parts = task.indicators(sentences)
    if isinstance(structure, ConstituencyTree):  # where some spans are forbidden
        head = SpanHead(width=4, **SpanHead.sizes(task.labels.names)).eval()
        words = torch.randn(len(sentences), int(structure.lengths.max()), 4)
        structure = head(words, structure.lengths).detach()
        parts = task.encode(sentences, structure)
    noisy = {
        name: potentials + 3 * parts[name] + 1.5 * torch.randn_like(potentials)
        for name, potentials in structure.potentials.items()
    }
    noisy_structure = type(structure)(**noisy, lengths=structure.lengths)
    reader = Tagging(task.labels) if task.layer == "tags" else task  # segments are tags, too
    return reader.decode([sentence.unlabelled() for sentence in sentences], noisy_structure)


def tasks() -> list[tuple[str, list[Sentence]]]:
    return [(name, GOLD) for name in known("tasks")] + [("tagging", PARTS_OF_SPEECH)]


@pytest.mark.parametrize(("name", "gold"), tasks())
@pytest.mark.parametrize("seed", range(3))
def test_the_score_is_the_f1_of_all_counts(name, gold, seed):
    family = resolve("tasks", name)
    task = family(family.collect(gold))
    found = corrupted(gold, task, seed)
    counts = [task.counts(*pair) for pair in zip(gold, found, strict=True)]
    score = task.score(gold, found)
    assert 5 < score.main < 95
    assert Counts.total(counts).f1 == pytest.approx(score.main, abs=1e-9)
    for sentence, count in zip(gold, counts, strict=True):
        assert 0 <= count.matched <= min(count.gold, count.predicted)
        alone = task.counts(sentence, sentence)
        assert alone.matched == alone.gold == alone.predicted == count.gold
    chosen = random.Random(seed).sample(range(80), 20)  # any other corpus
    some = task.score([gold[i] for i in chosen], [found[i] for i in chosen])
    assert Counts.total(counts[i] for i in chosen).f1 == pytest.approx(some.main, abs=1e-9)


@pytest.mark.parametrize(("name", "gold"), tasks())
def test_without_gold_nothing_is_counted_and_nothing_judged(name, gold):
    family = resolve("tasks", name)
    task = family(family.collect(gold))
    bare = gold[0].unlabelled()
    assert task.counts(bare, gold[0]) == (0, 0, 0)
    prediction = Prediction(gold[0], [0.5] * len(bare), [Span(0, 1, "NP", 0.5)])
    assert task.judged(bare, prediction) == []


def test_the_total_of_nothing_is_nothing():
    assert Counts.total([]) == (0, 0, 0)
    assert Counts.total([]).f1 == 0


# Which confidences are judged, and by what


def test_segments_are_right_as_wholes_and_unknown_where_gold_is():
    task = Tagging(Labels(("O", "B-X", "I-X")))
    gold = Sentence(("a", "b", "c", "d", "e", "f"), ("B-X", "I-X", "O", "B-X", "I-X", None))
    spans = [Span(0, 2, "X", 0.9), Span(2, 3, "X", 0.2), Span(3, 5, "X", 0.7)]
    prediction = Prediction(replace(gold, tags=("O",) * 6), [1.0] * 6, spans)
    assert task.judged(gold, prediction) == [(0.9, True), (0.2, False)]
    shorter = replace(prediction, spans=[Span(0, 1, "X", 0.4), Span(0, 2, "Y", 0.5)])
    assert task.judged(gold, shorter) == [(0.4, False), (0.5, False)]


def test_plain_tags_are_judged_word_by_word():
    task = Tagging(Labels(("DT", "NN")))
    gold = Sentence(("a", "b", "c"), ("DT", None, "NN"))
    found = replace(gold, tags=("DT", "DT", "DT"))
    assert task.judged(gold, Prediction(found, [0.9, 0.8, 0.7], [])) == [(0.9, True), (0.7, False)]


def test_arcs_are_right_with_their_head_and_whole_relation():
    task = Dependency(Labels(("nsubj", "nsubj:pass", "root")))
    gold = Sentence(("a", "b", "c"), heads=(2, 0, None), relations=("nsubj:pass", "root", None))
    found = replace(gold, heads=(2, 0, 2), relations=("nsubj", "root", "nsubj"))
    judged = task.judged(gold, Prediction(found, [0.9, 0.8, 0.7], []))
    assert judged == [(0.9, False), (0.8, True)]


def test_constituents_are_right_over_exactly_their_words_and_the_root_is_none():
    task = Constituency(Constituency.collect(GOLD))
    gold = Sentence(("a", "b", "."), tree="(ROOT (S (NP (DT a) (NN b)) (. .)))")
    spans = [Span(0, 3, "ROOT", 1.0), Span(0, 3, "S", 0.9), Span(0, 2, "VP", 0.3)]
    assert task.judged(gold, Prediction(gold, [1.0] * 3, spans)) == [(0.9, True), (0.3, False)]
