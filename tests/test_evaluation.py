from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
import torch

from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.evaluation import annotate, evaluate, make_task, measure, structures, task_of
from structdistill.structures import Independent, Structure
from structdistill.tasks.tagging import Tagging
from tests.tiny import LABELS, tiny_corpus, tiny_model

TASK = Tagging(Labels(LABELS))


@dataclass
class ByTheBook:
    """Tags each word as a book says, and remembers its batches."""

    book: dict[str, str]
    batches: list[list[int]] = field(default_factory=list)

    def __call__(self, sentences: Sequence[Sentence]) -> Structure:
        self.batches.append([len(sentence) for sentence in sentences])
        emissions = torch.zeros(len(sentences), max(map(len, sentences)), len(LABELS))
        for row, sentence in zip(emissions, sentences, strict=True):
            for position, word in enumerate(sentence.words):
                row[position, LABELS.index(self.book.get(word, "O"))] = 9
        lengths = torch.tensor([len(sentence) for sentence in sentences])
        return Independent(emissions=emissions, lengths=lengths)


def sentence(words: str, tags: str) -> Sentence:
    return Sentence(tuple(words.split()), tuple(tags.split()))


def test_sentences_come_back_in_their_order():
    corpus, model = tiny_corpus(40), tiny_model()
    assert len({len(s) for s in corpus}) > 5
    together = annotate(model, TASK, corpus, words=30)
    assert [s.words for s in together] == [s.words for s in corpus]
    assert [s.origin for s in together] == [s.origin for s in corpus]
    assert together == [annotate(model, TASK, [s])[0] for s in corpus]


def test_batches_stay_below_the_budget_of_words():
    corpus, model = tiny_corpus(30), ByTheBook({})
    annotate(model, TASK, corpus, words=20)
    assert sum(map(len, model.batches)) == 30
    assert all(len(batch) * max(batch) <= 20 for batch in model.batches)


def test_structures_carry_no_gradients_and_nothing_drops_out():
    corpus, model = tiny_corpus(10), tiny_model(dropout=0.5).train()
    found = list(structures(model, corpus))
    assert sorted(i for batch, _ in found for i in batch) == list(range(10))
    assert not any(p.requires_grad for _, s in found for p in s.potentials.values())
    again = list(structures(model, corpus))
    for (_, ours), (_, theirs) in zip(found, again, strict=True):
        assert torch.equal(ours.potentials["emissions"], theirs.potentials["emissions"])


def test_between_structures_gradients_are_as_before():
    for _ in structures(tiny_model(), tiny_corpus(5), words=9):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_agreement_score_and_speed_by_hand():
    gold = [sentence("Ada saw Oslo", "B-PER O B-LOC"), sentence("Oslo", "B-PER")]
    model = ByTheBook({"Ada": "B-PER", "Oslo": "B-LOC"})
    teacher = annotate(ByTheBook({"Oslo": "B-LOC", "saw": "B-PER"}), TASK, gold)
    found = evaluate(model, TASK, gold, teacher=teacher)
    assert found.score.main == pytest.approx(100 * 2 / 3)  # 2 of 3 segments, both ways
    assert found.score.values["accuracy"] == 75
    assert found.agreement == 50  # Oslo twice, of four words
    assert found.words == 4
    assert found.words_per_second == pytest.approx(4 / found.seconds)
    assert evaluate(model, TASK, gold).agreement is None


def test_all_words_count_for_speed_annotated_or_not():
    gold = [*tiny_corpus(3), Sentence(("no", "tags", "here"))]
    assert evaluate(tiny_model(), TASK, gold).words == sum(len(s) for s in gold)


@pytest.mark.parametrize("structure", ["linear_chain", "independent"])
def test_a_sentence_of_2000_words_gets_a_tag_for_every_word(structure):
    words = tuple(word for s in tiny_corpus(600) for word in s.words)[:2000]
    long = Sentence(words, tuple("O" for _ in words))
    assert len(long) == 2000
    (found,) = annotate(tiny_model(structure=structure), TASK, [long])
    assert len(found.tags or ()) == 2000
    assert set(found.tags or ()) <= set(LABELS)


def test_a_model_knows_its_task():
    task = task_of(tiny_model(labels=("O", "B-X")))
    assert isinstance(task, Tagging)
    assert task.labels.names == ("O", "B-X")
    with pytest.raises(RecipeError, match=r"unknown task 'taging'\. Did you mean 'tagging'"):
        make_task("taging", task.labels)


def test_figures_are_plain_numbers():
    model, gold = tiny_model(), tiny_corpus(5)
    teacher = annotate(model, TASK, gold)
    found = measure(model, evaluate(model, TASK, gold, teacher=teacher))
    assert found["score"] == found["values"]["F1"]
    assert found["score_name"] == "F1"
    assert found["agreement"] == 100
    assert found["parameters"] == sum(p.numel() for p in model.parameters())
    assert found["per_label"].keys() >= {"LOC", "PER"}
    numbers = [found["score"], *found["values"].values(), *found["per_label"]["PER"].values()]
    assert {type(number) for number in numbers} <= {float, int}
