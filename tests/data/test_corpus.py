import os
import pickle
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from seqeval.metrics import f1_score

from structdistill.data.corpus import Annotated, generate, write_corpus
from structdistill.data.corpus.layers import annotate
from structdistill.data.corpus.lexicon import nouns
from structdistill.data.corpus.morphology import indefinite, inflect, plural
from structdistill.data.corpus.tree import Node, comma, group, leaf, phrase
from structdistill.data.corpus.vocabulary import WORDS
from structdistill.errors import RunError

Span = tuple[int, int]
SIZE = 2000


@pytest.fixture(scope="module")
def corpus() -> list[Annotated]:
    """A sample that another process made, in another hash order."""
    program = f"""
import pickle, sys
from structdistill.data.corpus import generate
pickle.dump(list(generate({SIZE}, seed=7)), sys.stdout.buffer)
"""
    environment = {**os.environ, "PYTHONHASHSEED": "3", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, env=environment, capture_output=True, check=True)
    return pickle.loads(run.stdout)


def spans(tags: tuple[str, ...]) -> list[tuple[int, int, str]]:
    """The segments of IOB2 tags, half-open; fails on an I without its B."""
    found: list[tuple[int, int, str]] = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append((place, place + 1, tag[2:]))
        elif tag != "O":
            start, end, label = found.pop()
            assert (end, f"I-{label}") == (place, tag)
            found.append((start, place + 1, label))
    return found


def constituents(tree: str) -> tuple[list[tuple[str, Span]], list[str], list[str]]:
    """The labelled spans, words and parts of speech of a bracketed tree."""
    found: list[tuple[str, Span]] = []
    words: list[str] = []
    pos: list[str] = []
    open_labels: list[tuple[str, int]] = []
    for token in re.findall(r"\(|\)|[^\s()]+", tree):
        if token == "(":
            open_labels.append(("", len(words)))
        elif token == ")":
            label, start = open_labels.pop()
            assert len(words) > start
            found.append((label, (start, len(words))))
        elif not open_labels[-1][0]:
            open_labels[-1] = (token, len(words))
        else:
            pos.append(open_labels[-1][0])
            words.append({"-LRB-": "(", "-RRB-": ")"}.get(token, token))
    assert not open_labels
    return found, words, pos


def crossing(heads: tuple[int, ...]) -> bool:
    """Whether two arcs cross, that of the root from before the sentence included."""
    arcs = [(min(arc), max(arc)) for arc in enumerate(heads, start=1)]
    return any(a < c < b < d for a, b in arcs for c, d in arcs)


def test_a_seed_determines_the_sentences_whatever_the_hash_order(corpus: list[Annotated]):
    assert list(generate(30, seed=7)) == corpus[:30]


def test_another_seed_gives_other_sentences(corpus: list[Annotated]):
    assert [s.words for s in generate(20, seed=8)] != [s.words for s in corpus[:20]]


def test_no_sentence_occurs_twice(corpus: list[Annotated]):
    assert len({sentence.words for sentence in corpus}) == SIZE


def test_sentences_are_of_many_lengths(corpus: list[Annotated]):
    lengths = sorted(len(sentence.words) for sentence in corpus)
    assert 13 <= sum(lengths) / SIZE <= 18
    assert lengths[SIZE // 20] <= 6
    assert 30 <= lengths[-SIZE // 20] <= lengths[-1] <= 60


def test_tags_are_valid_iob2_with_the_documented_labels(corpus: list[Annotated]):
    entities = {span[2] for sentence in corpus for span in spans(sentence.entities)}
    chunks = {span[2] for sentence in corpus for span in spans(sentence.chunks)}
    assert entities == {"PER", "ORG", "LOC", "WORK", "EVENT", "PRODUCT"}
    assert chunks == {"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT"}


def test_heads_form_trees(corpus: list[Annotated]):
    for sentence in corpus:
        assert sentence.heads.count(0) == 1
        assert sentence.relations[sentence.heads.index(0)] == "root"
        assert sentence.relations.count("root") == 1
        for word in range(1, len(sentence.words) + 1):
            steps = 0
            while word:
                word, steps = sentence.heads[word - 1], steps + 1
                assert steps <= len(sentence.words)


def test_some_dependency_trees_cross_themselves(corpus: list[Annotated]):
    assert 0.01 <= sum(crossing(sentence.heads) for sentence in corpus) / SIZE <= 0.1


def test_brackets_hold_the_same_words_and_parts_of_speech(corpus: list[Annotated]):
    for sentence in corpus:
        found, words, pos = constituents(sentence.tree)
        assert tuple(words) == sentence.words
        assert tuple(pos) == sentence.pos
        assert found[-1] == ("ROOT", (0, len(words)))


def test_a_constituent_has_one_word_that_depends_on_the_outside(corpus: list[Annotated]):
    for sentence in corpus:
        if crossing(sentence.heads):
            continue  # what has left its constituent depends on the outside too
        for _, (start, end) in constituents(sentence.tree)[0]:
            heads = sentence.heads[start:end]
            assert sum(not start < head <= end for head in heads) == 1


def test_an_entity_is_a_constituent_or_inside_a_noun_chunk(corpus: list[Annotated]):
    for sentence in corpus:
        inside = {span for _, span in constituents(sentence.tree)[0]}
        inside |= {(start + 1, end) for start, end in inside}  # `the` is no part of a name
        chunks = [span for span in spans(sentence.chunks) if span[2] == "NP"]
        for start, end, _ in spans(sentence.entities):
            in_chunk = any(first <= start and end <= last for first, last, _ in chunks)
            assert in_chunk or (start, end) in inside


def test_noun_chunks_cross_no_constituent(corpus: list[Annotated]):
    for sentence in corpus:
        found = constituents(sentence.tree)[0]
        for start, end, label in spans(sentence.chunks):
            if label != "NP" or sentence.pos[start] == "POS":
                continue
            for _, (first, last) in found:
                assert not start < first < end < last
                assert not first < start < last < end


def test_words_are_names_of_several_types(corpus: list[Annotated]):
    types = defaultdict(set)
    for sentence in corpus:
        for start, end, label in spans(sentence.entities):
            if end == start + 1:
                types[sentence.words[start]].add(label)
    assert sum(len(labels) >= 2 for labels in types.values()) >= 50
    assert any({"PER", "ORG", "LOC"} <= labels for labels in types.values())


def test_names_are_also_common_words(corpus: list[Annotated]):
    tags = defaultdict(set)
    for sentence in corpus:
        for word, tag in zip(sentence.words, sentence.entities, strict=True):
            tags[word.lower()].add(tag[:1])
    both = {word for word, kinds in tags.items() if {"B", "O"} <= kinds}
    assert {"will", "brown", "bank"} <= both
    assert len(both) >= 25


def test_a_quarter_of_the_words_in_names_are_new(corpus: list[Annotated]):
    train, test = corpus[: SIZE // 2], corpus[SIZE // 2 :]
    known = {word for sentence in train for word in sentence.words}
    names = [
        word
        for sentence in test
        for word, tag in zip(sentence.words, sentence.entities, strict=True)
        if tag != "O"
    ]
    assert 0.15 <= sum(word not in known for word in names) / len(names) <= 0.4


def test_memorising_words_does_not_find_the_entities(corpus: list[Annotated]):
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in corpus[: SIZE // 2]:
        for word, tag in zip(sentence.words, sentence.entities, strict=True):
            counts[word][tag] += 1
    usual = {word: tags.most_common(1)[0][0] for word, tags in counts.items()}
    test = corpus[SIZE // 2 :]
    predicted = [[usual.get(word, "O") for word in sentence.words] for sentence in test]
    assert f1_score([list(sentence.entities) for sentence in test], predicted) < 0.6


def rose_will_buy_cars() -> Node:
    """`Rose , the Bank of Leeds 's new chief , will soon try to buy about 300 cars .`"""
    bank = phrase(
        "NP",
        phrase("NP", ("det", leaf("DT", "the")), leaf("NNP", "Bank")),
        ("nmod", phrase("PP", ("case", leaf("IN", "of")), phrase("NP", leaf("NNP", "Leeds")))),
        entity="ORG",
    )
    owner = phrase("NP", bank, ("case", leaf("POS", "'s")))
    chief = phrase("NP", ("nmod:poss", owner), ("amod", leaf("JJ", "new")), leaf("NN", "chief"))
    rose = phrase("NP", group(leaf("NNP", "Rose"), entity="PER"))
    subject = phrase("NP", rose, comma(), ("appos", chief), comma())
    amount = phrase("QP", ("advmod", leaf("RB", "about")), leaf("CD", "300"))
    cars = phrase("NP", ("nummod", amount), leaf("NNS", "cars"))
    buy = phrase("VP", leaf("VB", "buy"), ("obj", cars))
    to_buy = phrase("S", phrase("VP", ("mark", leaf("TO", "to")), buy))
    attempt = phrase("VP", leaf("VB", "try"), ("xcomp", to_buy))
    soon = phrase("ADVP", leaf("RB", "soon"))
    verbs = phrase("VP", ("aux", leaf("MD", "will")), ("advmod", soon), attempt)
    return phrase("S", ("nsubj", subject), verbs, ("punct", leaf(".", ".")))


def rows(sentence: Annotated) -> list[str]:
    heads = map(str, sentence.heads)
    layers = (sentence.words, sentence.pos, sentence.chunks, sentence.entities)
    return [" ".join(row) for row in zip(*layers, heads, sentence.relations, strict=True)]


def test_layers_follow_the_conventions_of_their_corpora():
    sentence = annotate(rose_will_buy_cars())
    assert rows(sentence) == [
        "Rose NNP B-NP B-PER 13 nsubj",
        ", , O O 1 punct",
        "the DT B-NP O 4 det",
        "Bank NNP I-NP B-ORG 9 nmod:poss",
        "of IN B-PP I-ORG 6 case",
        "Leeds NNP B-NP I-ORG 4 nmod",
        "'s POS B-NP O 4 case",
        "new JJ I-NP O 9 amod",
        "chief NN I-NP O 1 appos",
        ", , O O 1 punct",
        "will MD B-VP O 13 aux",
        "soon RB I-VP O 13 advmod",
        "try VB I-VP O 0 root",
        "to TO I-VP O 15 mark",
        "buy VB I-VP O 13 xcomp",
        "about RB B-NP O 17 advmod",
        "300 CD I-NP O 18 nummod",
        "cars NNS I-NP O 15 obj",
        ". . O O 13 punct",
    ]
    assert sentence.tree == (
        "(ROOT (S (NP (NP (NNP Rose)) (, ,) (NP (NP (NP (NP (DT the) (NNP Bank)) (PP (IN of) "
        "(NP (NNP Leeds)))) (POS 's)) (JJ new) (NN chief)) (, ,)) (VP (MD will) (ADVP (RB soon)) "
        "(VP (VB try) (S (VP (TO to) (VP (VB buy) (NP (QP (RB about) (CD 300)) (NNS cars))))))) "
        "(. .)))"
    )


def test_a_headline_has_neither_articles_nor_small_letters():
    sentence = annotate(rose_will_buy_cars(), "capitals")
    assert sentence.words[:6] == ("ROSE", ",", "BANK", "OF", "LEEDS", "'S")
    assert sentence.entities[:6] == ("B-PER", "O", "B-ORG", "I-ORG", "I-ORG", "O")
    assert sentence.heads[0] == 12


def test_no_capitals_are_left_in_the_lower_style():
    assert annotate(rose_will_buy_cars(), "lower").words[:4] == ("rose", ",", "the", "bank")


def test_a_phrase_that_left_its_place_crosses_the_tree():
    """`Who did Ford say Rose met ?`"""
    rose = phrase("NP", group(leaf("NNP", "Rose"), entity="PER"))
    ford = phrase("NP", group(leaf("NNP", "Ford"), entity="PER"))
    met = phrase("S", ("nsubj", rose), phrase("VP", leaf("VBD", "met")))
    say = phrase("VP", leaf("VB", "say"), ("ccomp", phrase("SBAR", met)))
    asked = phrase("SQ", ("aux", leaf("VBD", "did")), ("nsubj", ford), say)
    who = phrase("WHNP", leaf("WP", "who"), governor=met)
    sentence = annotate(phrase("SBARQ", ("obj", who), asked, ("punct", leaf(".", "?"))))
    assert rows(sentence) == [
        "Who WP B-NP O 6 obj",
        "did VBD O O 4 aux",
        "Ford NNP B-NP B-PER 4 nsubj",
        "say VB B-VP O 0 root",
        "Rose NNP B-NP B-PER 6 nsubj",
        "met VBD B-VP O 4 ccomp",
        "? . O O 4 punct",
    ]
    assert crossing(sentence.heads)


def test_conjunctions_depend_on_the_conjunct_that_follows():
    """`Ford , Rose and Will`, and brackets are escaped in the tree."""
    names = [phrase("NP", leaf("NNP", name)) for name in ("Ford", "Rose", "Will")]
    conjunction = ("cc", leaf("CC", "and"))
    three = phrase("NP", names[0], comma(), ("conj", names[1]), conjunction, ("conj", names[2]))
    note = phrase("PRN", ("punct", leaf("-LRB-", "(")), three, ("punct", leaf("-RRB-", ")")))
    sentence = annotate(note)
    assert sentence.words == ("(", "Ford", ",", "Rose", "and", "Will", ")")
    assert sentence.heads == (2, 0, 4, 2, 6, 2, 2)
    assert sentence.chunks == ("O", "B-NP", "O", "B-NP", "O", "B-NP", "O")
    assert sentence.tree.startswith("(ROOT (PRN (-LRB- -LRB-) (NP (NP (NNP Ford)) (, ,)")


def test_a_sentence_carries_the_layer_that_is_asked_for(corpus: list[Annotated]):
    annotated = corpus[0]
    sentence = annotated.sentence("chunks")
    assert annotated.sentence().tags == annotated.entities
    assert sentence.tags == annotated.chunks
    assert (sentence.words, sentence.heads) == (annotated.words, annotated.heads)
    assert (sentence.relations, sentence.tree) == (annotated.relations, annotated.tree)
    with pytest.raises(ValueError, match="layer must be 'entities' or 'chunks'; got 'pos'"):
        annotated.sentence("pos")


@pytest.mark.parametrize(
    "forms",
    [
        "plan plans planning planned planned",
        "visit visits visiting visited visited",
        "admit admits admitting admitted admitted",
        "carry carries carrying carried carried",
        "die dies dying died died",
        "agree agrees agreeing agreed agreed",
        "describe describes describing described described",
        "beat beats beating beat beaten",
        "be is being was been",
        "have has having had had",
        "go goes going went gone",
    ],
)
def test_verbs_are_inflected(forms: str):
    verb = forms.split()[0]
    tags = ("VB", "VBZ", "VBG", "VBD", "VBN")
    assert [inflect(verb, tag, pronoun="she") for tag in tags] == forms.split()


def test_be_agrees_with_its_subject():
    assert [inflect("be", "VBD", pronoun=who) for who in ("they", "I")] == ["were", "was"]
    assert [inflect("be", "VBP", pronoun=who) for who in ("they", "I")] == ["are", "am"]


def test_nouns_have_plurals_and_articles():
    singular = ["bus", "city", "toy", "woman", "series", "church", "knife"]
    assert list(map(plural, singular)) == [
        "buses", "cities", "toys", "women", "series", "churches", "knives",
    ]  # fmt: skip
    words = ["apple", "unit", "Xbox", "18-year-old", "honest", "European", "car"]
    assert list(map(indefinite, words)) == ["an", "a", "an", "an", "an", "a", "a"]


def test_the_lists_of_words_have_no_doubles():
    lists = WORDS | {kind: words.split() for kind, words in nouns.NOUNS.items()}
    assert [name for name, words in lists.items() if len(words) != len(set(words))] == []


def test_a_corpus_is_written_in_three_formats_and_as_text(tmp_path: Path):
    write_corpus(tmp_path / "new" / "corpus", sentences=20, unlabelled=5, seed=3)
    folder = tmp_path / "new" / "corpus"
    endings = ("conll", "conllu", "ptb")
    assert {path.name for path in folder.iterdir()} == {
        f"{split}.{ending}" for split in ("train", "dev", "test") for ending in endings
    } | {"unlabelled.txt"}
    expected = list(generate(25, seed=3))
    for split, start, end in (("train", 0, 16), ("dev", 16, 18), ("test", 18, 20)):
        sentences = expected[start:end]
        blocks = (folder / f"{split}.conll").read_text().rstrip("\n").split("\n\n")
        columns = [tuple(zip(*map(str.split, block.split("\n")), strict=True)) for block in blocks]
        assert columns == [(s.words, s.pos, s.chunks, s.entities) for s in sentences]
        blocks = (folder / f"{split}.conllu").read_text().removesuffix("\n\n").split("\n\n")
        for number, (block, sentence) in enumerate(zip(blocks, sentences, strict=True), start=1):
            identifier, text, *lines = block.split("\n")
            assert identifier == f"# sent_id = {number}"
            assert text == f"# text = {' '.join(sentence.words)}"
            fields = list(zip(*(line.split("\t") for line in lines), strict=True))
            assert len(fields) == 10
            assert fields[0] == tuple(str(n + 1) for n in range(len(sentence.words)))
            assert (fields[1], fields[4]) == (sentence.words, sentence.pos)
            assert (fields[6], fields[7]) == (tuple(map(str, sentence.heads)), sentence.relations)
        trees = (folder / f"{split}.ptb").read_text().splitlines()
        assert trees == [sentence.tree for sentence in sentences]
    plain = (folder / "unlabelled.txt").read_text().splitlines()
    assert plain == [" ".join(sentence.words) for sentence in expected[20:]]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path):
    for name in ("a", "b"):
        write_corpus(tmp_path / name, sentences=10, unlabelled=2, seed=1)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_an_existing_corpus_is_not_overwritten(tmp_path: Path):
    (tmp_path / "dev.ptb").write_text("mine")
    with pytest.raises(RunError, match=r"already has dev\.ptb; choose another folder or delete"):
        write_corpus(tmp_path, sentences=20, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["dev.ptb"]
    assert (tmp_path / "dev.ptb").read_text() == "mine"


def test_other_files_may_be_in_the_folder(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    write_corpus(tmp_path, sentences=10, seed=1)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "unlabelled.txt").exists()


@pytest.mark.parametrize("exists", [True, False])
def test_a_killed_run_leaves_no_half_written_file(
    exists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(path: Path, text: str, **options: str) -> None:
        path.write_bytes(text[: len(text) // 2].encode())
        raise KeyboardInterrupt

    folder = tmp_path / "corpus"
    if exists:
        folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", killed)
        with pytest.raises(KeyboardInterrupt):
            write_corpus(folder, sentences=10, seed=1)
    assert folder.exists() == exists
    assert not list(folder.glob("train.*"))
    write_corpus(folder, sentences=10, seed=1)
    assert len(list(folder.iterdir())) == 9
    assert list(tmp_path.iterdir()) == [folder]


def test_impossible_requests_are_refused(tmp_path: Path):
    with pytest.raises(RunError, match="at least 10, so that each split has one; got 9"):
        write_corpus(tmp_path, sentences=9, seed=1)
    with pytest.raises(RunError, match="unlabelled must be 0 or more; got -1"):
        write_corpus(tmp_path, sentences=10, unlabelled=-1, seed=1)
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write to .*file.*; choose another"):
        write_corpus(tmp_path / "file", sentences=10, seed=1)
