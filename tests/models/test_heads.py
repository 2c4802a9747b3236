"""From vectors to structures."""

import pytest
import torch

from structdistill.errors import RecipeError
from structdistill.models.heads import BiaffineHead, ChainHead, build_head, head_of
from structdistill.structures import Independent, LinearChain, NonProjectiveTree, ProjectiveTree

WORDS, LENGTHS = torch.randn(2, 3, 4), torch.tensor([3, 1])


def test_a_chain_learns_transitions_and_boundaries() -> None:
    head = ChainHead(width=4, labels_count=5)
    structure = head(WORDS, LENGTHS)
    assert isinstance(structure, LinearChain)
    assert sorted(structure.potentials) == ["emissions", "end", "start", "transitions"]
    structure.log_partition().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in head.parameters())
    assert sum(p.numel() for p in head.parameters()) == (4 * 5 + 5) + 5 * 5 + 5 + 5


def test_independent_tags_learn_nothing_else() -> None:
    head = ChainHead(width=4, labels_count=5, structure="independent")
    structure = head(WORDS, LENGTHS)
    assert isinstance(structure, Independent)
    torch.testing.assert_close(structure.potentials["emissions"][0], head.emissions(WORDS[0]))
    assert sum(p.numel() for p in head.parameters()) == 4 * 5 + 5


def test_potentials_keep_their_precision_under_autocast() -> None:
    head = ChainHead(width=4, labels_count=5)
    exact = head(WORDS, LENGTHS).potentials["emissions"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = head(WORDS, LENGTHS).potentials["emissions"]
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, exact, rtol=0, atol=0)


def test_a_head_in_double_precision_stays_so() -> None:
    head = ChainHead(width=4, labels_count=5).double()
    assert head(WORDS, LENGTHS).dtype == torch.float64


def test_an_unknown_structure_or_task_is_named_with_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"'lattice' of tags. Known: independent, linear_chain"):
        ChainHead(width=4, labels_count=5, structure="lattice")
    with pytest.raises(RecipeError, match=r"unknown task 'taging'. Did you mean 'tagging'"):
        build_head("taging", structure="independent", width=4, labels=("O",))


# Arcs


def test_arcs_are_scored_as_the_formula_says() -> None:
    head = BiaffineHead(width=4, labels_count=3, arc_width=5, relation_width=2).eval()
    arcs = head(WORDS, LENGTHS).potentials["arcs"]
    assert arcs.shape == (2, 4, 4, 3)
    nodes = torch.cat([head.root[None], WORDS[0]])
    one = torch.ones(1)
    for h in range(4):
        for d in range(1, 4):
            for r in range(3):
                expected = torch.zeros(())
                for scorer, output in ((head.arcs, 0), (head.relations, r)):
                    governor = torch.cat([scorer.as_head(nodes[h]), one])
                    dependent = torch.cat([scorer.as_dependent(nodes[d]), one])
                    expected = expected + governor @ scorer.weights[output] @ dependent
                if h != d:
                    torch.testing.assert_close(arcs[0, h, d, r], expected)


@pytest.mark.parametrize("structure", ["non_projective_tree", "projective_tree"])
def test_every_weight_of_arcs_is_learned(structure: str) -> None:
    head = BiaffineHead(width=4, labels_count=3, structure=structure, dropout=0)
    trees = head(WORDS, LENGTHS)
    gold = trees.indicator(torch.tensor([[2, 0, 1], [0, -1, -1]]), torch.tensor([[0, 1, 2]] * 2))
    (-trees.log_prob(gold)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in head.parameters())


def test_widths_dropout_and_roots_are_settings() -> None:
    sizes = {"arc_width": 6, "relation_width": 3}
    head = build_head(
        "dependency",
        structure="projective_tree",
        width=4,
        labels=tuple("abcde"),
        settings={**sizes, "dropout": 0.5, "single_root": False},
    )
    trees = head(WORDS, LENGTHS)
    assert isinstance(trees, ProjectiveTree)
    assert not trees.single_root
    perceptrons = 2 * (4 * 6 + 6) + 2 * (4 * 3 + 3)
    biaffine = 7 * 7 + 5 * 4 * 4
    assert sum(p.numel() for p in head.parameters()) == 4 + perceptrons + biaffine
    again = head(WORDS, LENGTHS)
    assert not torch.equal(trees.potentials["arcs"], again.potentials["arcs"])


def test_arcs_keep_their_precision_under_autocast() -> None:
    head = BiaffineHead(width=4, labels_count=3).eval()
    exact = head(WORDS, LENGTHS).potentials["arcs"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = head(WORDS, LENGTHS).potentials["arcs"]
    torch.testing.assert_close(mixed, exact, rtol=0, atol=0)
    assert head.double()(WORDS, LENGTHS).dtype == torch.float64


def test_a_task_has_its_head_and_that_a_default_structure() -> None:
    assert isinstance(
        build_head("tagging", width=4, labels=tuple("abcde"))(WORDS, LENGTHS), LinearChain
    )
    trees = build_head("dependency", width=4, labels=tuple("abcde"))(WORDS, LENGTHS)
    assert isinstance(trees, NonProjectiveTree)
    assert trees.single_root
    with pytest.raises(RecipeError, match=r"'independent' of arcs. Known: non_projective_tree"):
        build_head("dependency", structure="independent", width=4, labels=tuple("abcde"))
    with pytest.raises(
        RecipeError, match=r"unknown task 'dependencies'. Did you mean 'dependency'"
    ):
        head_of("dependencies")


def test_a_setting_that_a_head_does_not_have_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"cannot build the head with .*'arc_with'"):
        build_head("dependency", width=4, labels=tuple("abcde"), settings={"arc_with": 3})
