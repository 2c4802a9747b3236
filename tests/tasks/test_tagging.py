import itertools
import random
import warnings
from collections import Counter

import pytest
import torch
from seqeval.metrics import accuracy_score, classification_report

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError
from structdistill.structures import Independent, LinearChain
from structdistill.tasks.tagging import Tagging

LABELS = ("O", "B-X", "I-X", "B-Y", "I-Y")
TASK = Tagging(Labels(LABELS))
Tags = tuple[str, ...]


def sentence(tags: str) -> Sentence:
    """A sentence of `a b c …` with the tags in a text; `?` is an unknown one."""
    known = tuple(None if tag == "?" else tag for tag in tags.split())
    return Sentence(tuple("abcdefghijklmnop"[: len(known)]), known)


def certain(sentences: list[Sentence], labels: Tags = LABELS) -> Independent:
    """Structures that are sure of the tags of some sentences."""
    lengths = torch.tensor([len(s) for s in sentences])
    emissions = torch.zeros(len(sentences), int(lengths.max()), len(labels))
    for row, s in zip(emissions, sentences, strict=True):
        for word, tag in enumerate(s.tags or ()):
            if tag is not None:
                row[word, labels.index(tag)] = 50
    return Independent(emissions=emissions, lengths=lengths)


def random_chain(lengths: list[int], labels: Tags = LABELS, scale: float = 1.5) -> LinearChain:
    tags = len(labels)
    return LinearChain(
        emissions=scale * torch.randn(len(lengths), max(lengths), tags, dtype=torch.float64),
        transitions=scale * torch.randn(tags, tags, dtype=torch.float64),
        start=scale * torch.randn(tags, dtype=torch.float64),
        end=scale * torch.randn(tags, dtype=torch.float64),
        lengths=torch.tensor(lengths),
    )


# Sentences ↔ parts


def test_decode_gives_back_what_was_encoded():
    sentences = [sentence("B-X I-X O B-Y"), sentence("O"), sentence("B-X B-X I-X")]
    structure = certain(sentences)
    assert TASK.decode([s.unlabelled() for s in sentences], structure) == sentences
    parts = TASK.encode(sentences, structure)
    assert parts.keys() == {"emissions"}
    assert torch.equal(parts["emissions"], structure.argmax()["emissions"])


def test_unknown_tags_have_no_parts():
    sentences = [sentence("B-X ? O"), sentence("O O").unlabelled()]
    emissions = TASK.encode(sentences, certain(sentences))["emissions"]
    expected = torch.zeros(2, 3, 5)
    expected[0, 0, 1] = expected[0, 2, 0] = 1
    assert torch.equal(emissions, expected)


def test_the_parts_of_a_chain_are_all_of_its_potentials():
    sentences = [sentence("B-X I-X O"), sentence("O")]
    parts = TASK.encode(sentences, random_chain([3, 1]))
    assert parts["transitions"].nonzero().tolist() == [[0, 1, 2], [0, 2, 0]]
    assert parts["start"].argmax(-1).tolist() == [1, 0]
    assert parts["end"].argmax(-1).tolist() == [0, 0]


def test_a_tag_that_is_no_label_is_an_error_with_its_place():
    wrong = Sentence(("a", "b"), ("O", "B-Z"), origin="dev.txt:7-8")
    with pytest.raises(DataError, match=r"^dev.txt:8: word 2 \('b'\): the tag 'B-Z' is not among"):
        TASK.encode([wrong], certain([sentence("O O")]))


def test_decoding_repairs_segments_without_beginning():
    strays = [sentence("I-X I-X O I-Y"), sentence("B-X I-Y I-Y I-X")]
    assert [s.tags for s in TASK.decode(strays, certain(strays))] == [
        ("B-X", "I-X", "O", "B-Y"),
        ("B-X", "B-Y", "I-Y", "B-X"),
    ]


def test_decoding_keeps_the_words_and_where_they_are_from():
    found = TASK.decode([Sentence(("a",), origin="x:1")], certain([sentence("B-X")]))
    assert found == [Sentence(("a",), ("B-X",))]
    assert found[0].origin == "x:1"


# The metric


def test_a_case_by_hand():
    gold = [sentence("B-X I-X O B-Y O"), sentence("B-X O O")]
    # One X is right, one is too short and so wrong twice; the Y is right; one Y too many.
    found = [sentence("B-X I-X O B-Y B-Y"), sentence("B-X I-X O")]
    score = TASK.score(gold, found)
    assert (score.name, score.main) == ("F1", score.values["F1"])
    assert score.values == pytest.approx(
        {"precision": 50, "recall": 100 * 2 / 3, "F1": 100 * 4 / 7, "accuracy": 75}
    )
    assert score.per_label["X"] == {"precision": 50, "recall": 50, "F1": 50, "support": 2}
    assert score.per_label["Y"] == pytest.approx(
        {"precision": 50, "recall": 100, "F1": 100 * 2 / 3, "support": 1}
    )
    assert list(score.per_label) == ["X", "Y"]


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_seqeval(seed):
    generator = random.Random(seed)
    gold, guess = ([generator.choices(LABELS, k=n) for n in range(1, 15)] for _ in range(2))
    ours = TASK.score(*([sentence(" ".join(tags)) for tags in rows] for rows in (gold, guess)))
    report = classification_report(gold, guess, output_dict=True, zero_division=0)
    names = {"precision": "precision", "recall": "recall", "F1": "f1-score"}
    assert ours.per_label.keys() == {"X", "Y"}
    for name, theirs in names.items():
        assert ours.values[name] == pytest.approx(100 * report["micro avg"][theirs])
        for label, figures in ours.per_label.items():
            assert figures[name] == pytest.approx(100 * report[label][theirs])
            assert figures["support"] == report[label]["support"]
    assert ours.values["accuracy"] == pytest.approx(100 * accuracy_score(gold, guess))


def test_words_without_gold_do_not_count():
    gold = [sentence("B-X ? O"), sentence("O O").unlabelled(), sentence("? ?")]
    found = [sentence("B-X B-Y O"), sentence("B-X O"), sentence("B-Y O")]
    score = TASK.score(gold, found)
    assert score.values == {"precision": 100, "recall": 100, "F1": 100, "accuracy": 100}


@pytest.mark.parametrize(("gold", "found"), [("O O", "O O"), ("O O", "O B-X"), ("B-X O", "O O")])
def test_without_any_right_segment_the_score_is_0_and_nothing_warns(gold, found):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score = TASK.score([sentence(gold)], [sentence(found)])
    assert score.main == 0
    assert score.values["accuracy"] == (100 if gold == found else 50)


def test_without_gold_there_is_no_score():
    found = [sentence("O O")]
    with pytest.raises(DataError, match="no word has a tag to compare with; evaluate on annotated"):
        TASK.score([found[0].unlabelled()], found)


def test_plain_tags_are_scored_by_accuracy_alone():
    task = Tagging(Labels(("DT", "NN", "VB")))
    assert not task.has_segments
    gold, found = [sentence("DT NN VB"), sentence("NN")], [sentence("DT NN NN"), sentence("NN")]
    score = task.score(gold, found)
    assert (score.name, score.main) == ("accuracy", 75)
    assert score.values == {"accuracy": 75}
    assert score.per_label == {}
    strays = certain(gold, ("DT", "NN", "VB"))
    assert task.decode(gold, strays) == gold
    assert task.span_confidences(gold, strays) == [[], []]


def test_agreement_is_the_share_of_equal_tags():
    assert TASK.agreement(sentence("B-X I-X O O"), sentence("B-X O O B-Y")) == 0.5
    assert TASK.agreement(sentence("O"), sentence("O")) == 1


# Confidences


def enumerated(chain: LinearChain, row: int, labels: Labels) -> list[tuple[Tags, float]]:
    """All tag sequences of a sentence and their probabilities."""
    potentials, sequences, scores = chain.potentials, [], []
    for tags in itertools.product(range(len(labels)), repeat=int(chain.lengths[row])):
        score = potentials["start"][tags[0]] + potentials["end"][tags[-1]]
        score = score + sum(potentials["emissions"][row, i, tag] for i, tag in enumerate(tags))
        score = score + sum(potentials["transitions"][pair] for pair in itertools.pairwise(tags))
        sequences.append(tuple(labels.names[tag] for tag in tags))
        scores.append(score)
    return list(zip(sequences, torch.stack(scores).softmax(0).tolist(), strict=True))


def segments(tags: Tags) -> set[tuple[int, int, str]]:
    """The segments of a sequence, read as conlleval does."""
    found: set[tuple[int, int, str]] = set()
    for start, tag in enumerate(tags):
        before = tags[start - 1] if start else "O"
        if tag[0] == "B" or (tag[0] == "I" and before[2:] != tag[2:]):
            end = start + 1
            while end < len(tags) and tags[end] == f"I-{tag[2:]}":
                end += 1
            found.add((start, end, tag[2:]))
    return found


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        ("I-X", "O", "B-X"),
        ("O", "I-X", "I-Y"),  # no B-: segments of one label cannot be neighbours
        ("B-X", "I-X"),  # no O: every I- continues
        ("O", "B-X", "B-Y"),
    ],
)
def test_a_segments_confidence_is_the_probability_of_all_sequences_that_have_it(labels):
    task, lengths = Tagging(Labels(labels)), [3, 1, 2]
    chain = random_chain(lengths, labels)
    asked = set()
    for row, length in enumerate(lengths):
        expected: Counter[tuple[int, int, str]] = Counter()
        every = enumerated(chain, row, task.labels)
        for tags, probability in every:
            expected.update(dict.fromkeys(segments(tags), probability))
        for tags, _ in every:  # as if decoded, so that every segment is asked for
            decoded = Sentence(tuple("abc"[:length]), tags)
            (spans,) = task.span_confidences([decoded], chain[row])
            assert {(span.start, span.end, span.label) for span in spans} == segments(tags)
            for span in spans:
                segment = (span.start, span.end, span.label)
                assert span.confidence == pytest.approx(expected[segment], abs=1e-12)
                asked.add((row, *segment))
    if len(labels) == 5:  # 6 stretches of 3 words, 3 of 2, 1 of 1, with 2 labels
        assert len(asked) == 20


def test_confidences_of_a_batch_are_those_of_each_sentence():
    chain = random_chain([4, 1, 3])
    decoded = [sentence("B-X I-X B-X B-X"), sentence("O"), sentence("B-Y O B-X")]
    batch = TASK.span_confidences(decoded, chain)
    for row, s in enumerate(decoded):
        (alone,) = TASK.span_confidences([s], chain[row])
        assert [(x.start, x.end, x.label) for x in alone] == sorted(segments(s.tags or ()))
        assert [x.confidence for x in alone] == pytest.approx([x.confidence for x in batch[row]])


def test_a_words_confidence_is_the_marginal_of_its_tag():
    chain = random_chain([4, 2, 1])
    for row, confidences in enumerate(TASK.word_confidences(chain)):
        every = enumerated(chain, row, TASK.labels)
        best = max(every, key=lambda pair: pair[1])[0]
        marginals = [sum(p for tags, p in every if tags[i] == tag) for i, tag in enumerate(best)]
        assert confidences == pytest.approx(marginals)


def test_what_is_certain_has_confidence_1():
    sentences = [sentence("B-X I-X O B-Y"), sentence("B-Y"), sentence("O O")]
    structure = certain(sentences)
    spans = TASK.span_confidences(sentences, structure)
    found = [[(span.start, span.end, span.label) for span in row] for row in spans]
    assert found == [[(0, 2, "X"), (3, 4, "Y")], [(0, 1, "Y")], []]
    for confidence in [span.confidence for row in spans for span in row]:
        assert 0.999 < confidence <= 1
    words = TASK.word_confidences(structure)
    assert [len(row) for row in words] == [4, 1, 2]
    assert min(min(row) for row in words) > 0.999


def test_a_sentence_without_segments_has_no_confidences():
    found = [sentence("O O"), sentence("O O O")]
    assert TASK.span_confidences(found, random_chain([2, 3])) == [[], []]
