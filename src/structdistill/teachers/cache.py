"""A teacher's potentials on disk, so that training never runs the teacher.

The folder has a manifest, `shared.safetensors` with the potentials that all sentences share, and
numbered shards. A shard is two files: `.potentials` has the vectors of its sentences (`Packing`),
`.sentences` tells for each sentence, known by the hash of its words, where its vector starts.
"""

import hashlib
import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import load_file, save

from structdistill.data.batching import batches
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError
from structdistill.structures import Parts, Structure
from structdistill.structures.packing import Packing
from structdistill.teachers.manifest import Manifest, Precision, replaced_file

_Teacher = Callable[[Sequence[Sentence]], Structure]

_SHARED = "shared.safetensors"

# A vector's start is counted in numbers, from the first number of the first shard.
_RECORD = np.dtype([("key", "V16"), ("start", "<u8")])


class CachedTeacher:
    """A teacher that has been written down by `build`: answers for its sentences, in any order.

    Its structures are in float32 on the CPU. Potentials are mapped into memory, not read; the
    index takes about 110 bytes a sentence. A shard is verified when it is first used.

    Args:
        folder: as given to `build`.

    Raises:
        RunError: there is no cache in the folder, or a damaged one.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self._manifest = Manifest.read(self.folder)
        self._packing = self._manifest.packing()
        self._shared = load_file(self._manifest.intact(self.folder / _SHARED))
        self._starts: dict[bytes, int] = {}
        self._shard_starts: list[int] = []
        self._shards: dict[int, Float[np.ndarray, " number"]] = {}
        for name in self._manifest.sha256:
            if name.endswith(".sentences"):
                path = self._manifest.intact(self.folder / name)
                records = np.frombuffer(path.read_bytes(), _RECORD)
                starts = records["start"].tolist()
                self._shard_starts.append(starts[0])
                self._starts.update(zip(records["key"].tolist(), starts, strict=True))

    def __call__(self, sentences: Sequence[Sentence]) -> Structure:
        """The structure of some sentences of the cache; repetitions are welcome.

        Raises:
            DataError: a sentence is not in the cache.
            RunError: a shard is damaged.
        """
        vectors = [self._vector(sentence) for sentence in sentences]
        lengths = [len(sentence) for sentence in sentences]
        return self._packing.unpack(vectors, lengths, shared=self._shared)

    def __contains__(self, sentence: Sentence) -> bool:
        return _key(sentence) in self._starts

    def __len__(self) -> int:
        """How many different sentences there are."""
        return len(self._starts)

    @property
    def fingerprint(self) -> dict[str, str]:
        """What the potentials depend on, as given to `build`."""
        return self._manifest.fingerprint

    def size_bytes(self) -> int:
        """What the files take on the disk."""
        return sum((self.folder / name).stat().st_size for name in self._manifest.sha256)

    def _vector(self, sentence: Sentence) -> Float[np.ndarray, " _"]:
        """The numbers of the shard from where the sentence's own begin."""
        start = self._starts.get(_key(sentence))
        if start is None:
            raise DataError(
                f"the sentence {' '.join(sentence.words[:8])!r} is not in the teacher cache "
                f"{self.folder}. Build the cache with these data too: it adds what is missing",
                path=sentence.origin or None,
            )
        number = bisect_right(self._shard_starts, start) - 1
        if number not in self._shards:
            path = self._manifest.intact(self.folder / _potentials(number))
            # Plain arrays, because slicing a memmap costs ten times as much.
            self._shards[number] = np.asarray(np.memmap(path, self._manifest.dtype, mode="r"))
        return self._shards[number][start - self._shard_starts[number] :]


def build(
    teacher: _Teacher,
    sentences: Sequence[Sentence],
    folder: Path | str,
    *,
    fingerprint: Mapping[str, str],
    batch_words: int,
    shard_numbers: int = 1 << 25,
    dtype: Precision = "float16",
) -> Iterator[int]:
    """Runs a teacher over the sentences that a cache lacks, and writes its potentials down.

    Nothing happens before the iteration. When that ends early, at worst by a kill, all complete
    shards stay and the next call goes on after them. Memory holds the potentials of one batch.

    Args:
        teacher: its potentials must depend on nothing but a sentence's words; a module is put
            into evaluation mode.
        sentences: those with equal words are stored once.
        folder: is made if it is not there.
        fingerprint: all that the potentials depend on, by names for messages: the weights
            (`fingerprint_of`), the labels, how words are pooled.
        batch_words: the most words in a batch, padding included.
        shard_numbers: potentials in a shard, 64 MB in half precision. A shard is sorted by length,
            to waste little on padding, and is what a kill loses.
        dtype: of the potentials on disk; shared ones are in float32.

    Yields:
        How many sentences are done: at first those that are there already, then after each batch.

    Raises:
        RunError: the folder's cache has another fingerprint or dtype, or is damaged.
        ValueError: the teacher leaves out words, or its structures do not fit together.
    """
    if not sentences:
        return
    if isinstance(teacher, torch.nn.Module):
        teacher.eval()
    folder = Path(folder)
    if not Manifest.exists(folder):
        _begin(folder, _run(teacher, sentences[:1]), fingerprint, dtype)
    manifest = Manifest.read(folder)
    manifest.check(folder, fingerprint=fingerprint, dtype=dtype)
    cache = CachedTeacher(folder)
    missing = list({_key(s): s for s in sentences if s not in cache}.values())
    done = len(sentences) - len(missing)
    yield done
    for shard in _split(missing, manifest.packing(), shard_numbers):
        for count in _write_shard(folder, manifest, teacher, shard, batch_words):
            done += count
            yield done


def _begin(
    folder: Path, structure: Structure, fingerprint: Mapping[str, str], dtype: Precision
) -> None:
    """Makes a cache without sentences, for structures like this one."""
    folder.mkdir(parents=True, exist_ok=True)
    packing = Packing.of(structure)
    with replaced_file(folder / _SHARED) as file:
        file.write(save(packing.shared(structure)))
    manifest = Manifest.of(packing, fingerprint=fingerprint, dtype=dtype)
    manifest.add(folder / _SHARED)
    manifest.write(folder)


def _split(
    sentences: Sequence[Sentence], packing: Packing, numbers: int
) -> Iterator[list[Sentence]]:
    """Shards of at least so many numbers; the last may have fewer."""
    shard, room = list[Sentence](), numbers
    for sentence in sentences:
        shard.append(sentence)
        room -= sum(map(math.prod, packing.shapes(len(sentence)).values()))
        if room <= 0:
            yield shard
            shard, room = [], numbers
    if shard:
        yield shard


def _write_shard(
    folder: Path,
    manifest: Manifest,
    teacher: _Teacher,
    sentences: Sequence[Sentence],
    batch_words: int,
) -> Iterator[int]:
    """Adds a shard to a cache; yields the number of sentences in each batch."""
    packing, shared = manifest.packing(), load_file(folder / _SHARED)
    path = folder / _potentials(manifest.shards())
    records, start = list[tuple[bytes, int]](), manifest.numbers
    with replaced_file(path) as file:
        # The longest first: what does not fit into memory fails at once.
        for indices in reversed(batches([len(s) for s in sentences], words=batch_words)):
            batch = [sentences[index] for index in indices]
            structure = _run(teacher, batch)
            _check_alike(structure, packing, shared)
            vectors = packing.pack(structure, getattr(torch, manifest.dtype))
            for sentence, vector in zip(batch, vectors, strict=True):
                file.write(vector.tobytes())
                records.append((_key(sentence), start))
                start += len(vector)
            yield len(batch)
    with replaced_file(path.with_suffix(".sentences")) as file:
        file.write(np.array(records, _RECORD).tobytes())
    manifest.add(path)
    manifest.add(path.with_suffix(".sentences"))
    manifest.numbers = start
    manifest.write(folder)


def _run(teacher: _Teacher, sentences: Sequence[Sentence]) -> Structure:
    with torch.inference_mode():
        structure = teacher(sentences)
    for sentence, words in zip(sentences, structure.lengths.tolist(), strict=True):
        if words != len(sentence):
            raise ValueError(
                f"a teacher must have potentials for each word of a sentence; got {words} words "
                f"for the {len(sentence)} at {sentence.origin or 'an unknown place'}"
            )
    return structure


def _check_alike(structure: Structure, packing: Packing, shared: Parts) -> None:
    """Refuses a structure that does not fit into a cache of others."""
    found = Packing.of(structure)
    if found != packing:
        raise ValueError(
            "a teacher must give all batches the same kind of structure, with the same axes and "
            f"sizes; expected {packing}, got {found}"
        )
    for name, tensor in packing.shared(structure).items():
        if not torch.allclose(tensor, shared[name]):
            raise ValueError(
                f"{name} without a batch axis must be the same in all batches, but changed: give "
                "them a batch axis, or take a teacher that is not being trained"
            )


def _potentials(shard: int) -> str:
    return f"{shard:05}.potentials"


def _key(sentence: Sentence) -> bytes:
    """What identifies a sentence: the hash of its words."""
    return hashlib.blake2b("\0".join(sentence.words).encode(), digest_size=16).digest()
