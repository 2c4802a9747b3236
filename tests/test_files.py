import os
import shutil
from pathlib import Path

import pytest

from structdistill.errors import RunError
from structdistill.files import recover_folder, replaced_folder, write_text, writing


class Death(BaseException):
    """The process is killed."""


def fill(folder: Path, content: str) -> None:
    """A folder whose two files belong together."""
    (folder / "one").write_text(content)
    (folder / "two").write_text(content)


def content(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.iterdir()}


def replace(folder: Path, text: str) -> None:
    with replaced_folder(folder) as new:
        fill(new, text)


def test_a_new_folder_appears_complete(tmp_path):
    folder = tmp_path / "deep" / "model"
    with replaced_folder(folder) as new:
        fill(new, "first")
        assert not folder.exists()
    assert content(folder) == {"first"}
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "model"
    replace(folder, "first")
    (folder / "three").write_text("first")
    replace(folder, "second")
    assert content(folder) == {"second"}
    assert {path.name for path in folder.iterdir()} == {"one", "two"}
    assert list(tmp_path.iterdir()) == [folder]


def test_if_filling_fails_the_folder_stays(tmp_path):
    folder = tmp_path / "model"
    replace(folder, "first")

    def fail() -> None:
        with replaced_folder(folder) as new:
            (new / "one").write_text("second")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert content(folder) == {"first"}
    replace(folder, "third")
    assert content(folder) == {"third"}
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("survived", range(12))
def test_whenever_the_process_dies_the_folder_is_the_old_or_the_new(
    tmp_path, monkeypatch, survived, existed, again
):
    folder = tmp_path / "model"
    if existed:
        replace(folder, "first")
    left = survived

    def mortal(work):
        def call(*args, **options):
            nonlocal left
            if left == 0:
                raise Death
            left -= 1
            return work(*args, **options)

        return call

    with monkeypatch.context() as patch:
        for owner, name in (
            (os, "replace"),
            (os, "rmdir"),
            (os, "unlink"),
            (Path, "mkdir"),
            (Path, "write_text"),
        ):
            patch.setattr(owner, name, mortal(getattr(owner, name)))
        try:
            replace(folder, "second")
        except Death:
            died = True
        else:
            died = False
    assert died or survived >= 4
    if again:  # and dies again, at once, in the next attempt
        with monkeypatch.context() as patch:
            patch.setattr(Path, "mkdir", mortal(Path.mkdir))
            left = 0
            with pytest.raises(Death):
                replace(folder, "third")
    recover_folder(folder)
    if folder.exists():
        assert content(folder) in ({"first"}, {"second"})
    else:
        assert died
        assert not existed
    replace(folder, "fourth")
    assert content(folder) == {"fourth"}
    assert list(tmp_path.iterdir()) == [folder]


def test_recovery_prefers_the_folder_itself(tmp_path):
    folder, old = tmp_path / "model", tmp_path / "model.old"
    old.mkdir()
    fill(old, "old")
    recover_folder(folder)
    assert content(folder) == {"old"}
    assert not old.exists()
    shutil.copytree(folder, old)
    replace(tmp_path / "other", "")
    (folder / "one").write_text("new")
    recover_folder(folder)
    assert (folder / "one").read_text() == "new"


def test_a_full_disk_is_an_error_of_ours(tmp_path):
    def write() -> None:
        with writing(tmp_path / "model"), replaced_folder(tmp_path / "model") as new:
            (new / "one").write_text("second")
            raise OSError(28, "No space left on device")

    replace(tmp_path / "model", "first")
    with pytest.raises(
        RunError, match=r"model cannot be written, and is as it was before: .*No space .* --resume"
    ):
        write()
    assert content(tmp_path / "model") == {"first"}


def test_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "recipe.toml"
    write_text(path, "größe = 1\n")
    assert path.read_bytes() == "größe = 1\n".encode()

    def die(*_: object) -> None:
        raise Death

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        with pytest.raises(Death):
            write_text(path, "half")
    assert path.read_bytes() == "größe = 1\n".encode()
    write_text(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
