"""A token classifier of transformers as teacher, and a corpus such as it was trained on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from seqeval.metrics.sequence_labeling import f1_score, precision_recall_fscore_support
from seqeval.scheme import IOB1
from torch import Tensor
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from typer.testing import CliRunner

from structdistill.cli import app
from structdistill.data.formats.columns import Columns
from structdistill.data.labels import Labels
from structdistill.data.sentence import Sentence
from structdistill.errors import RecipeError
from structdistill.structures import Independent
from structdistill.tasks.tagging import Tagging
from structdistill.teachers.huggingface import HuggingFace
from tests.models import tiny

# Not in alphabetical order: the classifier's own order counts.
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
NAMED = {"id2label": dict(enumerate(LABELS)), "label2id": {n: i for i, n in enumerate(LABELS)}}

# CoNLL-2003 as it is distributed: documents, four columns, IOB1. `I-PER I-PER` is one person,
# `B-PER` begins another one right beside it.
CONLL_2003 = """\
-DOCSTART- -X- O O

Cat NNP I-NP I-PER
Sat NNP I-NP I-PER
sat VBD I-VP O
on IN I-PP O
Mat NNP I-NP I-LOC
. . O O

-DOCSTART- -X- O O

The DT I-NP O
cats NNS I-NP O
sat VBD I-VP O

Cat NNP I-NP I-PER
Mat NNP B-NP B-PER
Mat NNP I-NP I-PER
sat VBD I-VP O

"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token classifier that reads 30 sub-words and two special ones."""
    torch.manual_seed(0)
    return save(BertForTokenClassification(config(**NAMED)), tmp_path_factory.mktemp("bert"))


@pytest.fixture
def conll_2003(tmp_path: Path) -> Path:
    path = tmp_path / "conll2003.txt"
    path.write_text(CONLL_2003, encoding="utf-8")
    return path


def config(**settings: Any) -> BertConfig:
    vocabulary = len(tiny.word_piece().get_vocab())
    sizes = {"num_hidden_layers": 2, "max_position_embeddings": 32, "initializer_range": 0.5}
    return BertConfig(vocab_size=vocabulary, **tiny.SIZES, **sizes, **settings)


def save(model: PreTrainedModel, folder: Path) -> Path:
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tiny.word_piece(), unk_token="[UNK]", pad_token="[PAD]"
    ).save_pretrained(folder)
    return folder


def scores(folder: Path, words: list[str]) -> Tensor:
    """What transformers itself says of each word's first sub-word."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForTokenClassification.from_pretrained(folder).eval()
    inputs = tokenizer([words], is_split_into_words=True, return_tensors="pt")
    of_words = inputs.word_ids(0)
    firsts = [of_words.index(number) for number in range(len(words))]
    with torch.no_grad():
        return network(**inputs).logits[0, firsts]


def program(*arguments: object) -> str:
    """What the command line prints."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


def tiny_student(data: Mapping[str, Path]) -> list[str]:
    """Options that make any recipe a matter of a second."""
    embedding = '{name="hashed", width=8, rows=50}'
    settings = [f'data.{split}="{path}"' for split, path in data.items()]
    settings += [
        "data.format={name='columns', word=0, tag=3}",
        f"model.encoder={{name='convolutional', width=8, layers=1, embedding={embedding}}}",
        "training.epochs=2",
        "training.learning_rate=0.05",
    ]
    return [argument for setting in settings for argument in ("--set", setting)]


def test_a_word_is_scored_by_its_first_sub_word(folder: Path) -> None:
    teacher = HuggingFace(str(folder)).eval()
    sentences = [tiny.sentence("the unbelievables cat"), tiny.sentence("mats on mats sat unable")]
    with torch.no_grad():
        structure = teacher(sentences)
    assert isinstance(structure, Independent)
    assert structure.lengths.tolist() == [3, 5]
    for emissions, sentence in zip(structure.potentials["emissions"], sentences, strict=True):
        expected = scores(folder, list(sentence.words))
        torch.testing.assert_close(emissions[: len(sentence)], expected, atol=1e-5, rtol=1e-5)


def test_labels_are_in_the_order_of_the_classifier(folder: Path) -> None:
    assert HuggingFace(str(folder)).labels == Labels(LABELS)


def test_long_sentences_are_read_in_windows(folder: Path) -> None:
    # Each word is one sub-word; two in a row differ, so that positions can be told apart.
    words = ["the", "cat", "sat", "on", "mat"] * 17
    with torch.no_grad():
        structure = HuggingFace(str(folder)).eval()([Sentence(tuple(words))])
    emissions = structure.potentials["emissions"][0]
    assert emissions.shape == (85, len(LABELS))
    # Whatever the windows, the words at either end are read in the first and in the last one.
    torch.testing.assert_close(emissions[:15], scores(folder, words[:30])[:15])
    torch.testing.assert_close(emissions[-15:], scores(folder, words[-30:])[-15:])


def test_half_precision_on_disk_is_read_in_full(folder: Path, tmp_path: Path) -> None:
    network = AutoModelForTokenClassification.from_pretrained(folder).half()
    teacher = HuggingFace(str(save(network, tmp_path)))
    assert load_file(tmp_path / "model.safetensors")["classifier.weight"].dtype == torch.float16
    assert {parameter.dtype for parameter in teacher.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (BertModel(config(**NAMED)), "it is no token classifier, but BertModel"),
        # Its weights have the same names and shapes as a token classifier's.
        (
            BertForSequenceClassification(config(**NAMED)),
            "it is no token classifier, but BertForSequenceClassification",
        ),
        (BertForTokenClassification(config()), "does not say what its labels are: set id2label"),
        (
            BertForTokenClassification(config(id2label={0: "O", 1: "B-PER", 2: "B-PER"})),
            "labels of the same name: .*; correct id2label",
        ),
    ],
)
def test_what_is_no_tagger_is_refused(model: PreTrainedModel, message: str, tmp_path: Path) -> None:
    save(model, tmp_path)
    with pytest.raises(RecipeError, match=message):
        HuggingFace(str(tmp_path))


def test_an_untrained_head_is_refused(folder: Path, tmp_path: Path) -> None:
    save(BertModel(config(**NAMED, architectures=["BertForTokenClassification"])), tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    settings["architectures"] = ["BertForTokenClassification"]
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(RecipeError, match=r"it has not learnt classifier\.bias"):
        HuggingFace(str(tmp_path))


def test_a_folder_without_tokenizer_is_refused(tmp_path: Path) -> None:
    BertForTokenClassification(config(**NAMED)).save_pretrained(tmp_path)
    with pytest.raises(RecipeError, match=r"its tokenizer is missing: copy tokenizer\.json"):
        HuggingFace(str(tmp_path))


def test_weights_of_other_sizes_are_refused(folder: Path, tmp_path: Path) -> None:
    save(AutoModelForTokenClassification.from_pretrained(folder), tmp_path)
    BertConfig.from_pretrained(tmp_path, vocab_size=5).save_pretrained(tmp_path)
    with pytest.raises(RecipeError, match=r"has the shape \[64, 16\], but \[5, 16\] by its config"):
        HuggingFace(str(tmp_path))


def test_it_is_distilled_into_a_convolutional_student(
    folder: Path, conll_2003: Path, tmp_path: Path
) -> None:
    student = tmp_path / "student"
    options = tiny_student({"train": conll_2003, "dev": conll_2003, "test": conll_2003})
    recipe = ("demo_distilled", "--teacher", folder, "--out", student)
    figures = json.loads(program("distill", *recipe, *options, "--json"))["test"]
    # What the two say, word by word, from files that they wrote themselves.
    ours = [
        line.split("\t")[1] for line in _lines(program("predict", student, *_columns(conll_2003)))
    ]
    teacher, sentences = HuggingFace(str(folder)).eval(), Columns(tag=3).read(conll_2003)
    with torch.no_grad():
        decoded = Tagging(teacher.labels).decode(sentences, teacher(sentences))
    theirs = [tag for sentence in decoded for tag in sentence.tags or ()]
    same = sum(a == b for a, b in zip(ours, theirs, strict=True))
    assert figures["agreement"] == pytest.approx(100 * same / len(theirs))
    again = program("evaluate", student, "--teacher", folder)
    assert f"agreement with the teacher {figures['agreement']:.2f} %" in again
    assert (folder / "cache" / "manifest.json").exists()


def test_conll_2003_is_read_as_iob2(conll_2003: Path) -> None:
    assert [(s.words, s.tags) for s in Columns(tag=3).read(conll_2003)] == [
        (
            ("Cat", "Sat", "sat", "on", "Mat", "."),
            ("B-PER", "I-PER", "O", "O", "B-LOC", "O"),
        ),
        (("The", "cats", "sat"), ("O", "O", "O")),
        (("Cat", "Mat", "Mat", "sat"), ("B-PER", "B-PER", "I-PER", "O")),
    ]


def test_conll_2003_is_scored_as_by_seqeval(conll_2003: Path) -> None:
    gold = Columns(tag=3).read(conll_2003)
    # In IOB1, as in the file: a person cut short, one invented, two merged, a place found.
    guess = [
        ["I-PER", "O", "O", "O", "I-LOC", "O"],
        ["O", "I-PER", "O"],
        ["I-PER", "I-PER", "I-PER", "O"],
    ]
    columns = [block.split("\n") for block in CONLL_2003.split("\n\n")]
    truth = [[row.split()[3] for row in rows] for rows in columns if rows[0].count(" ") == 3]
    truth = [tags for tags in truth if len(tags) > 1]
    path = conll_2003.with_name("guess.txt")
    path.write_text(
        "".join(
            "".join(f"{word} {tag}\n" for word, tag in zip(s.words, tags, strict=True)) + "\n"
            for s, tags in zip(gold, guess, strict=True)
        )
    )
    score = Tagging(Labels(LABELS)).score(gold, Columns().read(path))
    assert score.main == pytest.approx(100 * f1_score(truth, guess))
    assert score.main == pytest.approx(100 * f1_score(truth, guess, mode="strict", scheme=IOB1))
    # One of four found (a place) and four given: by hand.
    assert score.values["precision"] == score.values["recall"] == 25
    for label, row in zip(
        ("LOC", "PER"),
        zip(*precision_recall_fscore_support(truth, guess), strict=True),
        strict=True,
    ):
        figures = score.per_label[label]
        assert [figures[name] for name in ("precision", "recall", "F1")] == pytest.approx(
            [100 * float(figure) for figure in row[:3]]
        )
        assert figures["support"] == row[3]


def test_conll_2003_is_trained_on(conll_2003: Path, tmp_path: Path) -> None:
    options = tiny_student({"train": conll_2003, "dev": conll_2003, "test": conll_2003})
    run = tmp_path / "run"
    figures = json.loads(program("train", "demo_alone", "-o", run, *options, "--json"))["test"]
    blocks = program("predict", run, *_columns(conll_2003)).strip().split("\n\n")
    guess = [[line.split("\t")[1] for line in block.split("\n")] for block in blocks]
    truth = [list(sentence.tags or ()) for sentence in Columns(tag=3).read(conll_2003)]
    assert figures["score"] == pytest.approx(100 * f1_score(truth, guess, zero_division=0))
    assert {name: row["support"] for name, row in figures["per_label"].items()} == {
        "LOC": 1,
        "PER": 3,
    }


def _columns(path: Path) -> list[object]:
    return [path, "--input", "columns"]


def _lines(output: str) -> list[str]:
    return [line for line in output.split("\n") if line]
