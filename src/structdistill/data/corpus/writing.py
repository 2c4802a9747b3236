"""The corpus as sentences and as files."""

import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from structdistill.data.corpus.annotated import Annotated
from structdistill.data.corpus.dice import Dice
from structdistill.data.corpus.layers import annotate
from structdistill.data.corpus.sentences import Sentences
from structdistill.errors import RunError

_SPLITS = ("train", "dev", "test")
_UNLABELLED = "unlabelled.txt"


def generate(count: int, *, seed: int) -> Iterator[Annotated]:
    """Sentences with all layers, no two with the same words; the same seed gives the same ones.

    Args:
        count: how many.
        seed: of all choices.
    """
    return islice(_distinct(seed), count)


def write_corpus(folder: Path | str, *, sentences: int, unlabelled: int = 0, seed: int) -> None:
    """Writes a corpus: train, dev and test (80, 10 and 10 %) in three formats, and plain text.

    `train.conll` has the columns word, part of speech, chunk and entity; `train.conllu` the
    dependency trees; `train.ptb` the constituency trees; `unlabelled.txt` more sentences, words
    separated by spaces. No sentence occurs twice. A killed run leaves no half-written file, nor a
    new folder.

    Args:
        folder: where to; made if it is not there.
        sentences: how many annotated sentences in all, at least 10.
        unlabelled: how many more without annotation.
        seed: of all choices; the same seed gives the same bytes.

    Raises:
        RunError: too few sentences, a folder that has such files already or cannot be written to.
    """
    if sentences < 10:
        raise RunError(
            f"sentences must be at least 10, so that each split has one; got {sentences}"
        )
    if unlabelled < 0:
        raise RunError(f"unlabelled must be 0 or more; got {unlabelled}")
    folder = Path(folder)
    try:
        _refuse_to_overwrite(folder)
        _write(folder, _texts(sentences, unlabelled, seed))
    except OSError as error:
        raise RunError(f"cannot write to {folder}: {error.strerror}; choose another") from error


def _distinct(seed: int) -> Iterator[Annotated]:
    composer = Sentences(Dice(seed))
    seen = set()
    while True:
        sentence = annotate(*composer.compose())
        if sentence.words not in seen:
            seen.add(sentence.words)
            yield sentence


def _refuse_to_overwrite(folder: Path) -> None:
    names = [f"{split}.{ending}" for split in _SPLITS for ending in _WRITERS]
    present = [name for name in [*names, _UNLABELLED] if (folder / name).exists()]
    if present:
        raise RunError(
            f"{folder} already has {', '.join(present)}; choose another folder or delete them"
        )


def _texts(sentences: int, unlabelled: int, seed: int) -> dict[str, str]:
    """The contents of all files by name."""
    source = generate(sentences + unlabelled, seed=seed)
    held_out = sentences // 10
    texts: dict[str, str] = {}
    for split, size in zip(_SPLITS, (sentences - 2 * held_out, held_out, held_out), strict=True):
        drawn = list(islice(source, size))
        texts |= {f"{split}.{ending}": write(drawn) for ending, write in _WRITERS.items()}
    if unlabelled:
        texts[_UNLABELLED] = "".join(f"{' '.join(rest.words)}\n" for rest in source)
    return texts


def _write(folder: Path, texts: dict[str, str]) -> None:
    """All files elsewhere first: what has its name is complete, and so is a new folder."""
    folder = folder.resolve()
    exists = folder.exists()
    drafts = folder / "corpus.new" if exists else folder.with_name(f"{folder.name}.new")
    shutil.rmtree(drafts, ignore_errors=True)
    drafts.mkdir(parents=True)
    for name, text in texts.items():
        (drafts / name).write_text(text, encoding="utf-8", newline="\n")
    if not exists:
        os.replace(drafts, folder)
        return
    for name in texts:
        os.replace(drafts / name, folder / name)
    drafts.rmdir()


def _columns(sentences: Sequence[Annotated]) -> str:
    blocks = (
        "".join(
            f"{' '.join(row)}\n" for row in zip(s.words, s.pos, s.chunks, s.entities, strict=True)
        )
        for s in sentences
    )
    return "\n".join(blocks)


def _conllu(sentences: Sequence[Annotated]) -> str:
    blocks = []
    for number, s in enumerate(sentences, start=1):
        rows = zip(s.words, s.pos, s.heads, s.relations, strict=True)
        lines = [
            f"{place}\t{word}\t_\t_\t{pos}\t_\t{head}\t{relation}\t_\t_\n"
            for place, (word, pos, head, relation) in enumerate(rows, start=1)
        ]
        blocks.append(f"# sent_id = {number}\n# text = {' '.join(s.words)}\n{''.join(lines)}\n")
    return "".join(blocks)


def _brackets(sentences: Sequence[Annotated]) -> str:
    return "".join(f"{sentence.tree}\n" for sentence in sentences)


_WRITERS = {"conll": _columns, "conllu": _conllu, "ptb": _brackets}
