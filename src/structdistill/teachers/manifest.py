"""What belongs to a teacher cache: files that are complete, and verified before they are used."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from structdistill.errors import RunError
from structdistill.names import resolve
from structdistill.structures import Structure
from structdistill.structures.packing import Packing

Precision = Literal["float16", "float32"]

_NAME = "manifest.json"


class Manifest(BaseModel):
    """Who made a cache, how its potentials are packed, and which files belong to it.

    It is replaced as a whole after each shard: a file that it does not name does not count.

    Args:
        fingerprint: what the potentials depend on, by name.
        dtype: of the potentials on disk.
        family: the kind of structure, by its full name.
        axes: of each potential, as in `Packing`.
        sizes: of the axes, as in `Packing`.
        switches: of the family, as in `Packing`.
        numbers: how many the shards hold together.
        sha256: of each file, by its name, in the order in which they were written.
        format: of all this; another one is refused.
    """

    model_config = ConfigDict(extra="forbid")

    fingerprint: dict[str, str]
    dtype: Precision
    family: str
    axes: dict[str, tuple[str, ...]]
    sizes: dict[str, int]
    switches: dict[str, bool] = {}
    numbers: int = 0
    sha256: dict[str, str] = {}
    format: Literal[1] = 1

    @classmethod
    def of(
        cls, packing: Packing, *, fingerprint: Mapping[str, str], dtype: Precision
    ) -> "Manifest":
        """The manifest of a cache that has no files yet."""
        return cls(
            fingerprint=dict(fingerprint),
            dtype=dtype,
            family=f"{packing.family.__module__}.{packing.family.__name__}",
            axes=dict(packing.axes),
            sizes=dict(packing.sizes),
            switches=dict(packing.switches),
        )

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a folder has a manifest."""
        return (folder / _NAME).is_file()

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of the cache in a folder.

        Raises:
            RunError: there is none, or none of this format.
        """
        path = folder / _NAME
        if not cls.exists(folder):
            raise RunError(f"{folder} holds no teacher cache: {_NAME} is missing. Build it first")
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise RunError(
                f"{path} is damaged or from another version of this library: delete {folder} and "
                f"build the cache again. {error}"
            ) from error

    def write(self, folder: Path) -> None:
        """Puts the manifest into a folder, in place of an older one."""
        with replaced_file(folder / _NAME) as file:
            file.write(self.model_dump_json(indent=1).encode())

    def packing(self) -> Packing:
        """How the potentials of a sentence lie in its vector."""
        family = cast(type[Structure], resolve("structures", self.family))
        return Packing(family, self.axes, self.sizes, self.switches)

    def shards(self) -> int:
        """How many shards are complete."""
        return sum(name.endswith(".sentences") for name in self.sha256)

    def add(self, path: Path) -> None:
        """Takes in a file that is complete."""
        self.sha256[path.name] = _sha256(path)

    def intact(self, path: Path) -> Path:
        """The path, if the file there is as it was when it was taken in.

        Raises:
            RunError: the file is missing or damaged.
        """
        expected = self.sha256[path.name]
        found = _sha256(path) if path.is_file() else "no file"
        if found != expected:
            raise RunError(
                f"{path} is damaged: expected SHA-256 {expected}, got {found}. "
                f"Delete {path.parent} and build the cache again"
            )
        return path

    def check(self, folder: Path, *, fingerprint: Mapping[str, str], dtype: Precision) -> None:
        """Refuses the cache in a folder if other potentials are wanted.

        Raises:
            RunError: tells all that differs.
        """
        expected = {**fingerprint, "dtype": dtype}
        found = {**self.fingerprint, "dtype": self.dtype}
        differences = [
            f"expected {name} {expected.get(name, 'absent')}, got {found.get(name, 'absent')}"
            for name in {**expected, **found}
            if expected.get(name) != found.get(name)
        ]
        if differences:
            raise RunError(
                f"{folder} holds other potentials: {'; '.join(differences)}. Choose another folder "
                "for the cache, or delete this one to build it again"
            )


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which is found at `path` once all of it is on the disk, and not before."""
    unfinished = path.with_name(f"{path.name}.new")
    with unfinished.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
