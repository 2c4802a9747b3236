"""Dependency trees: from sentences to arcs and back, and how they are judged."""

from itertools import product

import pytest
import torch

from structdistill.data.corpus import generate
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.data.trees import cycle, is_projective, roots
from structdistill.errors import DataError
from structdistill.objectives import parse
from structdistill.structures import NonProjectiveTree, ProjectiveTree
from structdistill.structures.dependency_tree import DependencyTree
from structdistill.tasks.dependency import Dependency

LABELS = Labels(("nsubj", "obj", "root"))
TASK = Dependency(LABELS)
CORPUS = [annotated.sentence() for annotated in generate(60, seed=4)]
FAMILIES = [NonProjectiveTree, ProjectiveTree]


def tree(*arcs: tuple[int | None, str | None], origin: str = "") -> Sentence:
    heads, relations = zip(*arcs, strict=True)
    words = tuple(f"w{i}" for i in range(len(arcs)))
    return Sentence(words, heads=heads, relations=relations, origin=origin)


SAW = tree((2, "nsubj"), (0, "root"), (2, "obj"))
CROSSED = tree((3, "nsubj"), (0, "root"), (2, "obj"), (2, "obj"))


def random_trees(family: type[DependencyTree], lengths: list[int], labels: int = 3, **rest: bool):
    size = max(lengths) + 1
    arcs = torch.randn(len(lengths), size, size, labels)
    return family(arcs=arcs, lengths=torch.tensor(lengths), **rest)


# What sentences have


def test_labels_are_the_relations_in_alphabetical_order():
    assert Dependency.collect([SAW, tree((0, "acl:relcl"), (1, None))]).names == (
        "acl:relcl",
        "nsubj",
        "obj",
        "root",
    )
    with pytest.raises(DataError, match="no word has a relation; labels are collected"):
        Dependency.collect([Sentence(("a",), ("DT",)), tree((0, None))])


def test_one_known_head_is_an_annotation():
    assert Dependency.is_annotated(tree((None, None), (0, None)))
    assert not Dependency.is_annotated(tree((None, None)))
    assert not Dependency.is_annotated(Sentence(("a",), ("DT",)))


def test_an_unknown_relation_is_told_with_its_line():
    TASK.check(SAW)
    bad = tree((2, "nsub"), (0, "root"), origin="dev.conllu:7-8")
    with pytest.raises(DataError) as caught:
        TASK.check(bad)
    assert str(caught.value).startswith(
        "dev.conllu:7: word 1 ('w0'): the relation 'nsub' is not among the labels. Did you mean "
        "'nsubj'?"
    )


# Sentences and structures


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_encoded_is_decoded(family):
    task = Dependency(Dependency.collect(CORPUS))
    lengths = [len(s) for s in CORPUS]
    trees = random_trees(family, lengths, len(task.labels))
    possible = [task.can_represent(s, trees) for s in CORPUS]
    assert possible == [family is NonProjectiveTree or is_projective(s.heads) for s in CORPUS]
    assert sum(possible) > 50
    parts = task.encode(CORPUS, trees)
    certain = family(arcs=50 * parts["arcs"], lengths=torch.tensor(lengths))
    for sentence, again, kept in zip(CORPUS, task.decode(CORPUS, certain), possible, strict=True):
        assert (again == sentence) or not kept
        assert again.origin == sentence.origin


def test_a_crossing_tree_is_left_out_of_a_projective_nll():
    trees = random_trees(ProjectiveTree, [4, 3])
    gold = TASK.encode([CROSSED, SAW], trees)
    assert not gold["arcs"][0].any()
    assert gold["arcs"][1].sum() == 3
    value = parse("nll")(trees, None, gold)
    assert value[0] == 0
    torch.testing.assert_close(value[1], -trees.log_prob(gold)[1] / 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_several_roots_need_a_structure_that_has_them(family):
    two = tree((0, "root"), (0, "root"))
    for single_root in (True, False):
        trees = random_trees(family, [2], single_root=single_root)
        assert TASK.can_represent(two, trees) == (not single_root)
        assert TASK.encode([two], trees)["arcs"].sum() == (0 if single_root else 2)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_unknown_has_no_part(family):
    trees = random_trees(family, [3, 2])
    arcs = TASK.encode([tree((2, "obj"), (None, "root"), (2, None)), Sentence(("a", "b"))], trees)[
        "arcs"
    ]
    assert arcs[0, :, 1].nonzero().tolist() == [[2, 1]]
    assert not arcs[0, :, 2].any()
    assert arcs[0, :, 3].nonzero().tolist() == [[2, r] for r in range(3)]  # of any relation
    assert not arcs[1].any()


@pytest.mark.parametrize("family", FAMILIES)
def test_confidences_are_shares_of_all_trees(family):
    lengths = [3, 1]
    trees = random_trees(family, lengths)
    sentences = [Sentence(("a", "b", "c")), Sentence(("d",))]
    for row, found in enumerate(TASK.predict(sentences, trees)):
        n = lengths[row]
        assert (found.spans, found.sentence) == ([], TASK.decode(sentences, trees)[row])
        weights = {}
        for heads in product(range(n + 1), repeat=n):
            fits = not cycle(heads) and len(roots(heads)) == 1
            if fits and (family is NonProjectiveTree or is_projective(heads)):
                for relations in product(range(3), repeat=n):
                    arcs = tuple(zip(heads, relations, strict=True))
                    score = sum(
                        trees.potentials["arcs"][row, h, d, r] for d, (h, r) in _from_1(arcs)
                    )
                    weights[arcs] = score.exp()
        names = [(h, LABELS.names.index(r)) for h, r in _arcs(found.sentence)]
        for word, arc in enumerate(names):
            share = sum(w for arcs, w in weights.items() if arcs[word] == arc)
            assert found.confidences[word] == pytest.approx(
                float(share / sum(weights.values())), rel=1e-4
            )
        assert tuple(names) == max(weights, key=weights.get)


def _from_1(arcs):
    return enumerate(arcs, start=1)


def _arcs(sentence):
    return zip(sentence.heads, sentence.relations, strict=True)


# Scores


def test_gold_against_itself_is_perfect():
    score = TASK.score(CORPUS, CORPUS)
    assert score.name == "LAS"
    assert score.main == 100
    assert set(score.values.values()) == {100}
    assert {row["F1"] for row in score.per_label.values()} == {100}
    assert sum(row["support"] for row in score.per_label.values()) == sum(map(len, CORPUS))


def test_scores_of_a_wrong_tree_by_hand():
    gold = tree((2, "nsubj:pass"), (0, "root"), (4, "det"), (2, "obl"), (2, "punct"))
    guess = tree((2, "nsubj"), (0, "root"), (2, "det"), (2, "obj"), (4, "punct"))
    score = TASK.score([gold], [guess])
    assert score.values == {
        "LAS": pytest.approx(100 * 2 / 5),  # words 1 and 2
        "UAS": pytest.approx(100 * 3 / 5),  # and 4
        "LAS with subtypes": pytest.approx(100 * 1 / 5),  # word 2
        "LAS without punctuation": pytest.approx(100 * 2 / 4),
        "UAS without punctuation": pytest.approx(100 * 3 / 4),
    }
    assert score.main == score.values["LAS"]
    perfect = {"precision": 100, "recall": 100, "F1": 100, "support": 1}
    wrong = {"precision": 0, "recall": 0, "F1": 0, "support": 1}
    assert score.per_label == {
        "nsubj": perfect,
        "root": perfect,
        "det": wrong,
        "obl": wrong,
        "punct": wrong,
        "obj": {**wrong, "support": 0},
    }


def test_precision_counts_predicted_and_recall_gold_arcs():
    gold = tree((0, "root"), (1, "obj"), (1, "obj"), (1, "obj"), (1, "nsubj"))
    guess = tree((0, "root"), (1, "obj"), (1, "nsubj"), (2, "nsubj"), (1, "obj"))
    row = TASK.score([gold], [guess]).per_label["obj"]
    assert row == {
        "precision": 50,
        "recall": pytest.approx(100 / 3),
        "F1": pytest.approx(40),
        "support": 3,
    }


def test_words_without_a_gold_head_do_not_count():
    gold = [tree((None, None), (0, "root")), Sentence(("w0",))]
    guess = [tree((2, "obj"), (0, "root")), tree((0, "root"))]
    assert TASK.score(gold, guess).values["LAS"] == 100
    assert TASK.score(gold, guess).per_label.keys() == {"root"}
    with pytest.raises(DataError, match="no word has a head to compare with; evaluate on annot"):
        TASK.score(gold[1:], guess[1:])


def test_agreement_is_the_share_of_equal_arcs():
    assert TASK.agreement(SAW, SAW) == 1
    other = tree((2, "obj"), (0, "root"), (1, "obj"))
    assert TASK.agreement(SAW, other) == pytest.approx(1 / 3)
