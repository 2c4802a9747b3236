"""Files and folders that are complete or not there at all, whenever the process is killed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from structdistill.errors import RunError


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of `folder` at the end of the block.

    If the block raises or the process dies, `folder` stays as it was; after a death between the
    two renames it is found again as `NAME.old` by `recover_folder`.
    """
    recover_folder(folder)
    new, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(parents=True)
    yield new
    if folder.exists():
        os.replace(folder, old)
    os.replace(new, folder)
    shutil.rmtree(old, ignore_errors=True)


def recover_folder(folder: Path) -> None:
    """Puts back what a death in the middle of `replaced_folder` left under another name."""
    old = folder.with_name(f"{folder.name}.old")
    if old.exists() and not folder.exists():
        os.replace(old, folder)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Around all that writes to a place: says so if that fails, for example on a full disk.

    Raises:
        RunError: it cannot be written.
    """
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:  # torch raises the last
        raise RunError(
            f"{place} cannot be written, and is as it was before: {error}. Make room, and go on "
            "with --resume"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Writes a file, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)
