"""Public corpora, downloaded once and verified on every call.

The files of `conll2000` and `wnut17` must have the SHA-256 that Hugging Face's `datasets` published
with its scripts for them. Those of the treebanks are not known beforehand: what came first is
recorded in `SHA256SUMS` beside the files, and must be the same ever after (trust on first use).
"""

import gzip
import json
import re
import shutil
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pooch

from structdistill.data.formats.base import read_lines
from structdistill.errors import DataError
from structdistill.names import suggestion

_RECORD = "SHA256SUMS"


@dataclass(frozen=True)
class _File:
    """A file of a corpus: where it is, what it is called here, its SHA-256 after unpacking."""

    url: str
    name: str
    sha256: str | None = None


_BASES = {
    "conll2000": "https://www.clips.uantwerpen.be/conll2000/chunking/",
    "wnut17": "https://raw.githubusercontent.com/leondz/emerging_entities_17/master/",
    "ud": "https://api.github.com/repos/UniversalDependencies/",
}

_FILES = {
    "conll2000": (
        _File(
            "train.txt.gz",
            "train.txt",
            "82033cd7a72b209923a98007793e8f9de3abc1c8b79d646c50648eb949b87cea",
        ),
        _File(
            "test.txt.gz",
            "test.txt",
            "73b7b1e565fa75a1e22fe52ecdf41b6624d6f59dacb591d44252bf4d692b1628",
        ),
    ),
    "wnut17": (
        _File(
            "wnut17train.conll",
            "train.txt",
            "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5",
        ),
        _File(
            "emerging.dev.conll",
            "dev.txt",
            "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8",
        ),
        _File(
            "emerging.test.annotated",
            "test.txt",
            "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
        ),
    ),
}

_TREEBANK = re.compile(r"ud:(?P<repository>UD_\w+-\w+)(@(?P<release>r\d+\.\d+))?")
_TREEBANK_FILE = re.compile(r"\w+-ud-(train|dev|test)[\w-]*\.conllu")


def get(name: str, folder: Path | str, *, base: str | None = None) -> None:
    """Brings a public corpus into a folder; files that are there already are only verified.

    Args:
        name: `conll2000`, `wnut17`, or any Universal Dependencies treebank in its latest or a
            given release: `ud:UD_English-EWT`, `ud:UD_English-EWT@r2.14`.
        folder: made if need be; gets the files, unpacked, and their checksums, `SHA256SUMS`.
        base: a mirror of the address that the corpus is loaded from.

    Raises:
        DataError: an unknown name, an address that does not answer, a checksum that differs, a
            folder that cannot be written. No file is left half-written.
    """
    treebank = _TREEBANK.fullmatch(name)
    if name not in _FILES and treebank is None:
        known = [*_FILES, "ud:UD_English-EWT (or any other treebank)"]
        raise DataError(f"unknown corpus {name!r}. {suggestion(name, known)}")
    base = (base or _BASES["ud" if treebank else name]).rstrip("/") + "/"
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as scratch:
            files = _treebank_files(treebank, base, Path(scratch)) if treebank else _FILES[name]
            for file in files:
                _get(file, base, folder, Path(scratch))
    except OSError as error:
        raise DataError(f"cannot be written: {error}", path=folder) from error


def _treebank_files(treebank: re.Match[str], base: str, scratch: Path) -> tuple[_File, ...]:
    """The CoNLL-U files of a treebank: their names hold language codes, so they are looked up."""
    release = treebank["release"] or "master"
    url = urljoin(base, f"{treebank['repository']}/contents?ref={release}")
    listing = scratch / "listing.json"
    _download(url, listing)
    try:
        files = tuple(
            _File(entry["download_url"], entry["name"])
            for entry in json.loads(listing.read_bytes())
            if _TREEBANK_FILE.fullmatch(entry["name"])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            "expected the list of a repository's files, got something else", path=url
        ) from error
    if not files:
        raise DataError("holds no CoNLL-U files; is the treebank released?", path=url)
    return files


def _get(file: _File, base: str, folder: Path, scratch: Path) -> None:
    target = folder / file.name
    expected = file.sha256 or _recorded(folder).get(file.name)
    if target.exists():
        _verify_present(target, expected)
        return
    url = urljoin(base, file.url)
    fresh = scratch / file.name
    _download(url, fresh)
    found = _sha256(fresh)
    if expected not in (None, found):
        raise DataError(
            f"has the SHA-256 {found}, expected {expected}: it has changed at its source or on "
            f"the way. Nothing was kept; to accept another version of a treebank delete its line "
            f"from {folder / _RECORD}",
            path=url,
        )
    # Recorded first: a kill in between leaves a line without a file, never an unknown file.
    _record(folder, file.name, found, scratch)
    fresh.replace(target)


def _verify_present(path: Path, expected: str | None) -> None:
    found = _sha256(path)
    if found != expected:
        raise DataError(
            f"has the SHA-256 {found}, expected {expected or f'one in {_RECORD}'}: it was changed "
            "or belongs to another corpus. Delete it to download it again, or choose another "
            "folder",
            path=path,
        )


def _download(url: str, path: Path) -> None:
    """Loads an address into a file, unpacked if it is gzipped."""
    loader = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), chunk_size=1 << 16)
    packed = path.with_name(f"{path.name}.part")
    try:
        loader(url, packed, None)
        # Some servers announce a .gz as an encoding, and it arrives unpacked.
        with packed.open("rb") as stream:
            is_gzip = stream.read(2) == b"\x1f\x8b"
        if is_gzip:
            with gzip.open(packed) as stream, path.open("wb") as unpacked:
                shutil.copyfileobj(stream, unpacked)
        else:
            packed.replace(path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"cannot be downloaded: {error}. Check the name and the network, or name a mirror "
            "with base = ...",
            path=url,
        ) from error


def _sha256(path: Path) -> str:
    return str(pooch.file_hash(str(path), alg="sha256"))


def _recorded(folder: Path) -> dict[str, str]:
    record = folder / _RECORD
    if not record.exists():
        return {}
    checksums = {}
    for number, line in enumerate(read_lines(record), start=1):
        checksum, _, name = line.partition("  ")
        if line and not (re.fullmatch("[0-9a-f]{64}", checksum) and name):
            raise DataError(
                "expected a SHA-256, two spaces and a file name; delete the line and the file "
                "that it is for",
                path=record,
                line=number,
            )
        checksums[name] = checksum
    return checksums


def _record(folder: Path, name: str, checksum: str, scratch: Path) -> None:
    checksums = {**_recorded(folder), name: checksum}
    fresh = scratch / _RECORD
    lines = (f"{checksums[name]}  {name}\n" for name in sorted(checksums) if name)
    fresh.write_text("".join(lines), encoding="utf-8")
    fresh.replace(folder / _RECORD)
