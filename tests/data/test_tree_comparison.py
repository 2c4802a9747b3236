"""Brackets compared by the rules of EVALB, worked by hand."""

import pytest

from structdistill.data.constituency.bracketing import parse
from structdistill.data.constituency.comparison import Comparison

GOLD = "(TOP (S (NP (NP (NNS cats)) (, ,) (NP (NNS dogs))) (VP (VBP sleep)) (. .)))"


def compared(*pairs: tuple[str, str]) -> Comparison:
    comparison = Comparison()
    for gold, predicted in pairs:
        comparison.add(parse(gold), parse(predicted))
    return comparison


def test_a_tree_is_equal_to_itself() -> None:
    figures = compared((GOLD, GOLD)).figures()
    assert figures == dict.fromkeys(("precision", "recall", "F1", "complete", "tagging"), 100)


def test_a_case_by_hand() -> None:
    # Without punctuation the words are 0 cats, 1 dogs, 2 sleep.
    # Gold: S 0:3, NP 0:2, NP 0:1, NP 1:2, VP 2:3.
    # Predicted: S 0:3, NP 0:1, S 1:3, NP 1:2 twice, VP 2:3. In both: S 0:3, NP 0:1, NP 1:2, VP 2:3.
    predicted = "(ROOT (S (NP (NN cats)) (, ,) (S (NP (NP (NNS dogs))) (VP (VBP sleep))) (NFP .)))"
    comparison = compared((GOLD, predicted))
    assert comparison.figures() == pytest.approx(
        {
            "precision": 100 * 4 / 6,
            "recall": 100 * 4 / 5,
            "F1": 100 * 8 / 11,
            "complete": 0,
            "tagging": 100 * 2 / 3,
        }
    )
    assert comparison.per_label()["NP"] == pytest.approx(
        {"precision": 100 * 2 / 3, "recall": 100 * 2 / 3, "F1": 100 * 2 / 3, "support": 3}
    )
    assert comparison.per_label()["S"]["precision"] == 50


def test_figures_are_those_of_all_brackets_and_not_means_of_sentences() -> None:
    small = ("(S (NN a) (NN b))", "(X (NN a) (NN b))")
    figures = compared((GOLD, GOLD), small).figures()
    assert figures["precision"] == figures["recall"] == pytest.approx(100 * 5 / 6)
    assert figures["complete"] == 50


def test_particles_are_adverbs() -> None:
    gold = "(ROOT (S (NP (DT The) (NN dog)) (VP (VBD ran) (PRT (RP off))) (. .)))"
    predicted = gold.replace("(PRT (RP off))", "(ADVP (RB off))")
    figures = compared((gold, predicted)).figures()
    assert figures["F1"] == figures["complete"] == 100
    assert figures["tagging"] == 75
    assert set(compared((gold, predicted)).per_label()) == {"ADVP", "NP", "S", "VP"}


def test_only_the_outermost_node_is_ignored_and_only_if_it_is_a_root() -> None:
    figures = compared(("(S (ROOT (NN a)) (NN b))", "( (S (NN a) (NN b)))")).figures()
    assert (figures["precision"], figures["recall"]) == (100, 50)


def test_where_a_bracket_stands_does_not_depend_on_punctuation() -> None:
    gold = "(S (`` ``) (NP (NN a) (, ,)) ('' '') (VP (VB b) (: -)) (PRN (. .)))"
    predicted = "(S (NP (`` ``) (NN a)) (, ,) (VP ('' '') (VB b)) (: -) (NN .))"
    figures = compared((gold, predicted)).figures()
    assert figures == dict.fromkeys(("precision", "recall", "F1", "complete", "tagging"), 100)


def test_a_tree_that_is_only_a_word_has_no_brackets() -> None:
    figures = compared(("(NN a)", "(NN a)")).figures()
    assert figures == {"precision": 0, "recall": 0, "F1": 0, "complete": 100, "tagging": 100}
