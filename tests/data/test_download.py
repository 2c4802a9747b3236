import functools
import gzip
import hashlib
import json
import socket
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from structdistill.data import download
from structdistill.errors import DataError

TRAIN = b"Ann NNP B-NP\n\n"
TEST = b"Lee NNP B-NP\n\n"
ARCHIVE = gzip.compress(TRAIN, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, silently; counts what was asked for."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A folder and the local address that serves it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(Handler, "asked", [])
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def chunks(served, monkeypatch):
    """conll2000 in two sentences, with the checksums to match."""
    folder, address = served
    (folder / "train.txt.gz").write_bytes(gzip.compress(TRAIN))
    (folder / "test.txt.gz").write_bytes(gzip.compress(TEST))
    files = tuple(
        download._File(f"{name}.gz", name, hashlib.sha256(content).hexdigest())
        for name, content in (("train.txt", TRAIN), ("test.txt", TEST))
    )
    monkeypatch.setitem(download._FILES, "conll2000", files)
    return folder, address


@pytest.fixture
def treebank(served):
    """A treebank as GitHub lists it."""
    folder, address = served
    names = ["README.md", "xx_toy-ud-train.conllu", "xx_toy-ud-test.conllu", "not.conllu"]
    for name in names:
        (folder / name).write_text(f"# {name}\n", encoding="utf-8")
    (folder / "UD_Xish-Toy").mkdir()
    listing = [{"name": name, "download_url": f"{address}/{name}"} for name in names]
    (folder / "UD_Xish-Toy" / "contents").write_text(json.dumps(listing), encoding="utf-8")
    return folder, address


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_corpus_arrives_unpacked_with_its_checksums(chunks, tmp_path):
    target = tmp_path / "new" / "conll2000"
    download.get("conll2000", target, base=chunks[1])
    record = target / "SHA256SUMS"
    assert contents(target) == {
        "train.txt": TRAIN,
        "test.txt": TEST,
        "SHA256SUMS": record.read_bytes(),
    }
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=target, check=True)


def test_the_address_may_end_in_a_slash(chunks, tmp_path):
    download.get("conll2000", tmp_path / "x", base=f"{chunks[1]}/")
    assert Handler.asked == ["/train.txt.gz", "/test.txt.gz"]


def test_the_second_call_loads_nothing(chunks, tmp_path):
    download.get("conll2000", tmp_path / "x", base=chunks[1])
    Handler.asked.clear()
    download.get("conll2000", tmp_path / "x", base=chunks[1])
    assert Handler.asked == []


def test_a_call_after_an_interruption_loads_only_what_is_missing(chunks, tmp_path):
    folder, address = chunks
    (folder / "test.txt.gz").rename(folder / "away")
    with pytest.raises(DataError, match=r"test.txt.gz: cannot be downloaded: 404"):
        download.get("conll2000", tmp_path / "x", base=address)
    assert set(contents(tmp_path / "x")) == {"train.txt", "SHA256SUMS"}
    (folder / "away").rename(folder / "test.txt.gz")
    Handler.asked.clear()
    download.get("conll2000", tmp_path / "x", base=address)
    assert Handler.asked == ["/test.txt.gz"]
    assert (tmp_path / "x" / "test.txt").read_bytes() == TEST


def test_other_content_than_expected_is_not_kept(chunks, tmp_path):
    folder, address = chunks
    (folder / "train.txt.gz").write_bytes(gzip.compress(b"something else"))
    found = hashlib.sha256(b"something else").hexdigest()
    expected = hashlib.sha256(TRAIN).hexdigest()
    with pytest.raises(
        DataError, match=rf"train.txt.gz: has the SHA-256 {found}, expected {expected}.*Nothing was"
    ):
        download.get("conll2000", tmp_path / "x", base=address)
    assert contents(tmp_path / "x") == {}


@pytest.mark.parametrize("content", [ARCHIVE[:-9], ARCHIVE[:-1] + b"x"])
def test_a_damaged_archive_is_not_kept(chunks, tmp_path, content):
    folder, address = chunks
    (folder / "train.txt.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"train.txt.gz: cannot be downloaded"):
        download.get("conll2000", tmp_path / "x", base=address)
    assert contents(tmp_path / "x") == {}


def test_an_archive_that_arrives_unpacked_is_taken(chunks, tmp_path):
    folder, address = chunks
    (folder / "train.txt.gz").write_bytes(TRAIN)
    download.get("conll2000", tmp_path / "x", base=address)
    assert (tmp_path / "x" / "train.txt").read_bytes() == TRAIN


def test_a_file_that_was_changed_here_is_refused_and_left_alone(chunks, tmp_path):
    download.get("conll2000", tmp_path / "x", base=chunks[1])
    (tmp_path / "x" / "test.txt").write_bytes(b"mine")
    with pytest.raises(DataError, match=r"x/test.txt: has the SHA-256 .* Delete it to download"):
        download.get("conll2000", tmp_path / "x", base=chunks[1])
    assert (tmp_path / "x" / "test.txt").read_bytes() == b"mine"


def test_a_treebank_brings_its_conllu_files(treebank, tmp_path):
    download.get("ud:UD_Xish-Toy@r2.14", tmp_path / "x", base=treebank[1])
    assert set(contents(tmp_path / "x")) == {
        "xx_toy-ud-train.conllu",
        "xx_toy-ud-test.conllu",
        "SHA256SUMS",
    }
    assert Handler.asked[0] == "/UD_Xish-Toy/contents?ref=r2.14"


def test_what_came_first_is_trusted_and_must_stay(treebank, tmp_path):
    folder, address = treebank
    target = tmp_path / "x"
    download.get("ud:UD_Xish-Toy", target, base=address)
    (target / "xx_toy-ud-test.conllu").unlink()
    (folder / "xx_toy-ud-test.conllu").write_bytes(b"another release")
    before = contents(target)
    with pytest.raises(DataError, match=r"expected .*delete its line from .*x/SHA256SUMS"):
        download.get("ud:UD_Xish-Toy", target, base=address)
    assert contents(target) == before


def test_a_file_of_unknown_origin_is_refused(treebank, tmp_path):
    (tmp_path / "xx_toy-ud-train.conllu").write_bytes(b"mine")
    with pytest.raises(DataError, match="expected one in SHA256SUMS: it was changed or belongs"):
        download.get("ud:UD_Xish-Toy", tmp_path, base=treebank[1])


@pytest.mark.parametrize("listing", ["<html>", '{"message": "moved"}', "[1]", '[{"name": "x"}]'])
def test_an_answer_that_lists_no_files_is_refused(treebank, tmp_path, listing):
    folder, address = treebank
    (folder / "UD_Xish-Toy" / "contents").write_text(listing, encoding="utf-8")
    with pytest.raises(DataError, match=r"contents\?ref=master: "):
        download.get("ud:UD_Xish-Toy", tmp_path / "x", base=address)


def test_a_treebank_that_is_not_released_is_an_error(treebank, tmp_path):
    folder, address = treebank
    (folder / "UD_Xish-Toy" / "contents").write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match="holds no CoNLL-U files; is the treebank released"):
        download.get("ud:UD_Xish-Toy", tmp_path / "x", base=address)


def test_a_treebank_that_there_is_not_is_an_error(treebank, tmp_path):
    with pytest.raises(DataError, match=r"UD_Xish-Other.*cannot be downloaded: 404"):
        download.get("ud:UD_Xish-Other", tmp_path / "x", base=treebank[1])


@pytest.mark.parametrize("name", ["ud:English-EWT", "ud:UD_English", "ud:../UD_English-EWT"])
def test_a_treebank_has_the_name_of_its_repository(tmp_path, name):
    with pytest.raises(DataError, match=f"unknown corpus '{name}'.*Known: .*ud:UD_English-EWT"):
        download.get(name, tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["conl2000", "conll2000:train"])
def test_an_unknown_corpus_is_refused_with_a_suggestion(tmp_path, name):
    with pytest.raises(
        DataError, match=f"unknown corpus '{name}'. Did you mean 'conll2000'.*wnut17"
    ):
        download.get(name, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_server_that_does_not_answer_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DataError, match=r"cannot be downloaded: .*Check the name and the"):
            download.get("wnut17", tmp_path / "x", base=address)
    assert contents(tmp_path / "x") == {}


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"file/x: cannot be written: .*Not a directory"):
        download.get("wnut17", tmp_path / "file" / "x")


def test_a_broken_record_is_named_with_its_line(chunks, tmp_path):
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  a\nabc  b\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"SHA256SUMS:2: expected a SHA-256, two spaces and a file"):
        download.get("conll2000", tmp_path, base=chunks[1])


def test_known_corpora_have_known_checksums():
    for files in download._FILES.values():
        assert all(len(bytes.fromhex(file.sha256 or "")) == 32 for file in files)
