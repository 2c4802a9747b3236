"""Constituency trees, from the file to the score."""

import io
import json
from itertools import product

import pytest
import torch

from structdistill.data.constituency.bracketing import constituents, parse
from structdistill.data.corpus import generate, write_corpus
from structdistill.data.formats.brackets import Brackets
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError
from structdistill.experiment import distill, evaluate_run, train
from structdistill.models.heads import SpanHead
from structdistill.objectives.nll import NLL
from structdistill.prediction import predict_files
from structdistill.recipe import Recipe
from structdistill.structures import ConstituencyTree
from structdistill.tasks.constituency import Constituency

SENTENCES = [Sentence(s.words, tree=s.tree) for s in generate(12, seed=3)]
TASK = Constituency(Constituency.collect(SENTENCES))


def structure_of(task: Constituency, sentences: list[Sentence]) -> ConstituencyTree:
    """What an untrained head makes of some vectors of the words."""
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    head = SpanHead(width=4, **SpanHead.sizes(task.labels.names)).eval()
    structure = head(torch.randn(len(sentences), int(lengths.max()), 4), lengths)
    assert isinstance(structure, ConstituencyTree)
    return structure.detach()


def test_decode_gives_back_what_was_encoded() -> None:
    structure = structure_of(TASK, SENTENCES)
    gold = TASK.encode(SENTENCES, structure)
    assert gold["spans"].sum((1, 2, 3)).tolist() == [2 * len(s) - 1 for s in SENTENCES]
    certain = ConstituencyTree(spans=100 * gold["spans"], lengths=structure.lengths)
    bare = [sentence.unlabelled() for sentence in SENTENCES]
    assert TASK.decode(bare, certain) == SENTENCES


def test_nothing_that_is_encoded_is_forbidden_and_the_whole_tree_is_observed() -> None:
    structure = structure_of(TASK, SENTENCES)
    gold = TASK.encode(SENTENCES, structure)
    expected = -structure.log_prob(gold) / structure.lengths
    assert (expected < 1e3).all()
    torch.testing.assert_close(NLL()(structure, gold=gold), expected, rtol=1e-4, atol=1e-4)


def test_a_sentence_without_tree_has_no_parts() -> None:
    sentences = [SENTENCES[0].unlabelled(), SENTENCES[1]]
    structure = structure_of(TASK, sentences)
    gold = TASK.encode(sentences, structure)
    assert gold["spans"][0].eq(0).all()
    assert NLL()(structure, gold=gold)[0] == pytest.approx(0, abs=1e-5)


def test_what_is_decoded_is_always_a_tree_over_the_words() -> None:
    bare = [sentence.unlabelled() for sentence in SENTENCES]
    for sentence in TASK.decode(bare, structure_of(TASK, bare)):
        TASK.check(sentence)


def test_confidences_are_the_probability_of_all_trees_that_have_the_node() -> None:
    task = Constituency(Labels(("()", "S", "S(NP", "NP", "NN *", "NP(NN *")))
    sentence = Sentence(("a", "b", "c"))
    structure = structure_of(task, [sentence])
    (prediction,) = task.predict([sentence], structure)

    # Every tree: the place of the inner span, labels of the words, the inner span and the whole.
    every = list(product(((0, 2), (1, 3)), (1, 2), (1, 2), (1, 2), range(4), (1, 2, 3)))
    indices = torch.full((len(every), 4, 4), -1)
    for row, (inner, *words, label, whole) in zip(indices, every, strict=True):
        row[torch.arange(3), torch.arange(1, 4)] = torch.tensor(words)
        row[inner], row[0, 3] = label, whole
    copies = structure[torch.zeros(len(every), dtype=torch.long)]
    parts = copies.indicator(indices)
    probability = copies.log_prob(parts).exp()
    assert probability.sum().item() == pytest.approx(1, abs=1e-5)

    certain = ConstituencyTree(spans=100 * parts["spans"], lengths=copies.lengths)
    trees = [parse(s.tree or "") for s in task.decode([sentence] * len(every), certain)]
    nodes = [{(n.label(), i, j) for n, i, j in constituents(tree)} for tree in trees]
    assert len(prediction.spans) > 0
    for span in prediction.spans:
        having = torch.tensor([(span.label, span.start, span.end) in tree for tree in nodes])
        assert span.confidence == pytest.approx(probability[having].sum().item(), abs=1e-5)
    assert prediction.confidences == pytest.approx([1, 1, 1], abs=1e-5)  # there is one tag


def test_a_word_with_white_space_has_no_place_in_a_tree() -> None:
    sentence = Sentence(("in", "New York"), origin="x.jsonl:2")
    with pytest.raises(DataError, match=r"x.jsonl:2: word 2 \('New York'\): white space cannot st"):
        TASK.decode([sentence], structure_of(TASK, [sentence]))


def test_labels_that_training_lacks_are_compared_but_not_learnt() -> None:
    other = Sentence(("a", "b"), tree="(X (Y a) (Z b))", origin="x.ptb:4")
    TASK.check(other)
    assert TASK.score([other], [other]).main == 100
    with pytest.raises(DataError, match=r"x.ptb:4: the label 'X' of 'a b' is not among the labels"):
        TASK.encode([other], structure_of(TASK, [other]))


def test_a_tree_over_other_words_is_refused() -> None:
    other = Sentence(("a", "c"), tree="(X (Y a) (Z b))", origin="x.ptb:4")
    with pytest.raises(DataError, match=r"x.ptb:4: the tree has other words than the sentence"):
        TASK.check(other)


def test_function_tags_do_not_count() -> None:
    gold = Sentence(("a", "b"), tree="(S (NP-SBJ=1 (DT a) (NN b)))")
    found = Sentence(("a", "b"), tree="(S (NP (DT a) (NN b)))")
    score = TASK.score([gold], [found])
    assert (score.name, score.main, score.values["complete"]) == ("F1", 100, 100)
    assert score.per_label["NP"]["support"] == 1


def test_only_sentences_with_trees_are_scored() -> None:
    bare = SENTENCES[1].unlabelled()
    assert TASK.score([SENTENCES[0], bare], SENTENCES[:2]).main == 100
    with pytest.raises(DataError, match="no sentence has a tree to compare with; evaluate on"):
        TASK.score([bare], SENTENCES[1:2])


def test_agreement_is_the_share_of_equal_spans() -> None:
    ours = Sentence(("a", "b"), tree="(S (X a) (Y b))")
    theirs = Sentence(("a", "b"), tree="(S (X a) (Z b))")
    assert TASK.agreement(ours, ours) == 1
    assert TASK.agreement(ours, theirs) == pytest.approx(2 / 3)


def test_a_student_is_distilled_evaluated_and_annotates_text(tmp_path) -> None:
    write_corpus(tmp_path / "corpus", sentences=60, unlabelled=5, seed=1)
    table = {
        "task": "constituency",
        "data": {split: f"{tmp_path}/corpus/{split}.ptb" for split in ("train", "dev", "test")}
        | {"format": {"name": "brackets"}},
        "model": {"encoder": {"name": "hashed", "rows": 100, "width": 8}, "head": {"hidden": 8}},
        "training": {"epochs": 1, "batch_words": 400},
    }
    teacher = train(Recipe.make(table), tmp_path / "teacher")
    student = {"teacher": str(teacher.folder), "objective": "0.5 * structural + 0.5 * substructure"}
    student["data"] = table["data"] | {"unlabelled": [f"{tmp_path}/corpus/unlabelled.txt"]}
    run = distill(Recipe.make(table | student), tmp_path / "student")
    figures = evaluate_run(run.folder, teacher=str(teacher.folder))
    assert figures["score_name"] == "F1"
    assert set(figures["values"]) == {"precision", "recall", "F1", "complete", "tagging"}
    assert 0 <= figures["agreement"] <= 100

    text = tmp_path / "in.txt"
    text.write_text("Ann ( a pilot ) left .\n")
    (tmp_path / "in.ptb").write_text("(X (Y Ann) (Y left))\n(X (Y Yes))\n")
    out = {}
    for name, read, written in product(("in.txt", "in.ptb"), ("text", "brackets"), (None, "jsonl")):
        if (name == "in.ptb") == (read == "brackets"):
            out[name, written] = io.StringIO()
            predict_files(run.folder, [tmp_path / name], read, written, out[name, written])
    (tmp_path / "out.ptb").write_text(out["in.txt", None].getvalue())
    (parsed,) = Brackets().read(tmp_path / "out.ptb")
    assert parsed.words == ("Ann", "-LRB-", "a", "pilot", "-RRB-", "left", ".")
    first, second = map(json.loads, out["in.ptb", "jsonl"].getvalue().splitlines())
    assert first["tokens"] == ["Ann", "left"]
    assert first["tree"] == out["in.ptb", None].getvalue().splitlines()[0]
    assert len(second["confidences"]) == 1
    assert all(0 <= span["confidence"] <= 1 for span in first["spans"])
