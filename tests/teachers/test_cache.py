"""The teacher cache: what is read is what the teacher said, whatever happened in between."""

import json
import random
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import nn

from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RunError
from structdistill.structures import FORBIDDEN, Independent, LinearChain, ProjectiveTree, Structure
from structdistill.structures.packing import Packing
from structdistill.structures.potentials import allowed
from structdistill.teachers import cache
from structdistill.teachers.cache import CachedTeacher
from structdistill.teachers.manifest import Manifest, Precision

TAGS = 5
FINGERPRINT = {"weights": "abc", "labels": "B-X I-X O"}


class Teacher:
    """Answers with potentials that depend on the words only, and remembers what it was asked."""

    def __init__(self, kind: str = "shared", *, dies_after: int | None = None):
        self.kind, self.dies_after = kind, dies_after
        self.asked: list[Sentence] = []
        self.transitions = torch.randn(TAGS, TAGS, generator=torch.Generator().manual_seed(0))
        self.transitions[0, 1] = FORBIDDEN

    def __call__(self, sentences: Sequence[Sentence]) -> Structure:
        if self.dies_after is not None and len(self.asked) >= self.dies_after:
            raise KeyboardInterrupt
        self.asked += sentences
        lengths = [len(sentence) for sentence in sentences]
        emissions = torch.zeros(len(sentences), max(lengths), TAGS)
        pairs = torch.zeros(len(sentences), max(lengths) - 1, TAGS, TAGS)
        for row, sentence in enumerate(sentences):
            seed = zlib.crc32(" ".join(sentence.words).encode())
            generator = torch.Generator().manual_seed(seed)
            emissions[row, : len(sentence)] = torch.randn(len(sentence), TAGS, generator=generator)
            emissions[row, 0, 1] = -torch.inf
            pairs[row, : len(sentence) - 1] = emissions[row, 1 : len(sentence), :, None]
        if self.kind == "independent":
            return Independent(emissions=emissions, lengths=torch.tensor(lengths))
        transitions = {
            "shared": self.transitions,
            "of sentences": emissions[:, 0, :, None] + self.transitions,
            "of positions": pairs,
        }[self.kind]
        return LinearChain(
            emissions=emissions, transitions=transitions, lengths=torch.tensor(lengths)
        )


every_kind = pytest.mark.parametrize(
    "kind", ["independent", "shared", "of sentences", "of positions"]
)


def corpus(count: int) -> list[Sentence]:
    """Different sentences of 1 to 12 words."""
    generator = random.Random(0)
    rest = [[f"w{generator.randrange(99)}" for _ in range(i % 12)] for i in range(count)]
    generator.shuffle(rest)
    return [
        Sentence(words=(f"{i}", *words), origin=f"corpus.txt:{i + 1}")
        for i, words in enumerate(rest)
    ]


def build(
    teacher: Callable[[Sequence[Sentence]], Structure],
    sentences: Sequence[Sentence],
    folder: Path,
    *,
    fingerprint: dict[str, str] = FINGERPRINT,
    shard_numbers: int = 50 * TAGS,
    dtype: Precision = "float16",
) -> list[int]:
    """Small batches and shards; the counts on the way."""
    return list(
        cache.build(
            teacher,
            sentences,
            folder,
            fingerprint=fingerprint,
            batch_words=20,
            shard_numbers=shard_numbers,
            dtype=dtype,
        )
    )


def assert_equal(found: Structure, expected: Structure, *, tolerance: float = 0) -> None:
    assert type(found) is type(expected)
    assert torch.equal(found.lengths, expected.lengths)
    for name, potential in expected.potentials.items():
        torch.testing.assert_close(
            found.potentials[name], potential, rtol=tolerance, atol=tolerance / 1000
        )


@every_kind
def test_single_precision_is_exact(kind: str, tmp_path: Path) -> None:
    teacher, sentences = Teacher(kind), corpus(30)
    build(teacher, sentences, tmp_path, dtype="float32")
    assert_equal(CachedTeacher(tmp_path)(sentences), teacher(sentences))


@every_kind
def test_half_precision_rounds_potentials_to_eleven_bits(kind: str, tmp_path: Path) -> None:
    teacher, sentences = Teacher(kind), corpus(30)
    build(teacher, sentences, tmp_path)
    found, expected = CachedTeacher(tmp_path)(sentences), teacher(sentences)
    assert found.dtype == torch.float32
    assert_equal(found, expected, tolerance=2**-11)
    for name, potential in expected.potentials.items():
        assert torch.equal(allowed(found.potentials[name]), allowed(potential))


def test_potentials_that_all_sentences_share_are_not_rounded(tmp_path: Path) -> None:
    teacher, sentences = Teacher(), corpus(30)
    build(teacher, sentences, tmp_path)
    assert torch.equal(
        CachedTeacher(tmp_path)(sentences[:3]).potentials["transitions"], teacher.transitions
    )


def test_sentences_are_read_in_any_order_and_repeated(tmp_path: Path) -> None:
    teacher, sentences = Teacher(), corpus(100)
    build(teacher, sentences, tmp_path, dtype="float32")
    cached = CachedTeacher(tmp_path)
    for seed in range(20):
        some = random.Random(seed).choices(sentences, k=seed)
        if some:
            assert_equal(cached(some), teacher(some))
    assert len(cached([])) == 0


def test_sentences_are_known_by_their_words(tmp_path: Path) -> None:
    teacher = Teacher()
    sentences = [
        Sentence(words=("a", "b"), origin="one:1"),
        Sentence(words=("a", "b"), tags=("O", "O"), origin="two:7"),
        Sentence(words=("ab",)),
    ]
    build(teacher, sentences, tmp_path)
    cached = CachedTeacher(tmp_path)
    assert len(cached) == 2
    assert Sentence(words=("a", "b"), heads=(2, 0)) in cached
    assert Sentence(words=("b", "a")) not in cached


def test_many_shards_are_as_good_as_one(tmp_path: Path) -> None:
    teacher, sentences = Teacher(), corpus(20)
    build(teacher, sentences, tmp_path / "many", shard_numbers=1)
    build(teacher, sentences, tmp_path / "one", shard_numbers=10**6)
    assert len(list((tmp_path / "many").glob("*.potentials"))) == len(sentences)
    assert len(list((tmp_path / "one").glob("*.potentials"))) == 1
    assert_equal(
        CachedTeacher(tmp_path / "many")(sentences), CachedTeacher(tmp_path / "one")(sentences)
    )


def test_building_again_asks_the_teacher_nothing(tmp_path: Path) -> None:
    sentences = corpus(30)
    build(Teacher(), sentences, tmp_path)
    again = Teacher()
    assert build(again, sentences[5:25], tmp_path) == [20]
    assert again.asked == []


def test_building_adds_what_is_missing(tmp_path: Path) -> None:
    teacher, sentences = Teacher(), corpus(40)
    build(teacher, sentences[:25], tmp_path, dtype="float32")
    teacher.asked = []
    build(teacher, [*sentences, *sentences], tmp_path, dtype="float32")
    assert sorted(teacher.asked, key=sentences.index) == sentences[25:]
    assert len(CachedTeacher(tmp_path)) == 40
    assert_equal(CachedTeacher(tmp_path)(sentences), teacher(sentences))


def test_counts_rise_from_what_is_there_to_all_sentences(tmp_path: Path) -> None:
    sentences = corpus(40)
    build(Teacher(), sentences[:10], tmp_path)
    counts = build(Teacher(), [*sentences, sentences[0]], tmp_path)
    assert counts[0] == 11
    assert counts == sorted(set(counts))
    assert counts[-1] == 41


def test_building_from_no_sentence_does_nothing(tmp_path: Path) -> None:
    assert build(Teacher(), [], tmp_path / "cache") == []
    assert not (tmp_path / "cache").exists()


def test_a_killed_build_goes_on_after_its_last_complete_shard(tmp_path: Path) -> None:
    sentences = corpus(60)
    dying = Teacher(dies_after=35)
    with pytest.raises(KeyboardInterrupt):
        build(dying, sentences, tmp_path, shard_numbers=100 * TAGS)
    stored = len(CachedTeacher(tmp_path))
    assert 0 < stored < len(dying.asked) - 1, "it must die in the middle of the second shard"
    assert list(tmp_path.glob("*.potentials.new"))
    again = Teacher()
    build(again, sentences, tmp_path, shard_numbers=100 * TAGS)
    assert len(again.asked) == len(sentences) - stored
    assert not list(tmp_path.glob("*.new"))
    assert_equal(CachedTeacher(tmp_path)(sentences), again(sentences), tolerance=2**-11)


def test_files_that_the_manifest_does_not_name_do_not_count(tmp_path: Path) -> None:
    # As after a kill between a shard and the manifest.
    teacher, sentences = Teacher(), corpus(20)
    build(teacher, sentences[:10], tmp_path, shard_numbers=10**6)
    for name in ("00001.potentials", "00001.sentences", "00001.potentials.new"):
        (tmp_path / name).write_bytes(b"half of a shard")
    assert len(CachedTeacher(tmp_path)) == 10
    build(teacher, sentences, tmp_path, shard_numbers=10**6)
    assert_equal(CachedTeacher(tmp_path)(sentences), teacher(sentences), tolerance=2**-11)


def test_the_cache_of_another_teacher_is_refused_with_the_reason(tmp_path: Path) -> None:
    build(Teacher(), corpus(3), tmp_path)
    changed = {"weights": "xyz", "labels": "B-X I-X O", "pooling": "first"}
    with pytest.raises(RunError, match=r"expected weights xyz, got abc; ") as raised:
        build(Teacher(), corpus(3), tmp_path, fingerprint=changed)
    message = str(raised.value)
    assert "expected pooling first, got absent. Choose another folder" in message
    assert "labels" not in message
    assert str(tmp_path) in message
    assert CachedTeacher(tmp_path).fingerprint == FINGERPRINT


def test_a_cache_of_another_precision_is_refused(tmp_path: Path) -> None:
    build(Teacher(), corpus(3), tmp_path)
    with pytest.raises(RunError, match="expected dtype float32, got float16"):
        build(Teacher(), corpus(3), tmp_path, dtype="float32")


def test_damage_to_any_file_is_noticed(tmp_path: Path) -> None:
    sentences = corpus(30)
    build(Teacher(), sentences, tmp_path)
    files = [path for path in tmp_path.iterdir() if path.name != "manifest.json"]
    assert len(files) > 6
    for path in files:
        content = path.read_bytes()
        flipped = bytes([content[-1] ^ 1])
        for damaged in (content[:-1] + flipped, content[:-1], b""):
            path.write_bytes(damaged)
            with pytest.raises(RunError, match=f"{path.name} is damaged: expected SHA-256 .* Del"):
                CachedTeacher(tmp_path)(sentences)
        path.unlink()
        with pytest.raises(RunError, match=f"{path.name} is damaged: .* got no file"):
            CachedTeacher(tmp_path)(sentences)
        path.write_bytes(content)
    CachedTeacher(tmp_path)(sentences)


def test_a_damaged_shard_does_not_harm_the_others(tmp_path: Path) -> None:
    sentences = corpus(4)
    build(Teacher(), sentences, tmp_path, shard_numbers=1)
    (tmp_path / "00002.potentials").write_bytes(b"")
    cached = CachedTeacher(tmp_path)
    cached([sentences[i] for i in (0, 1, 3)])
    with pytest.raises(RunError, match=r"00002\.potentials is damaged"):
        cached([sentences[2]])


def test_a_damaged_manifest_is_refused(tmp_path: Path) -> None:
    build(Teacher(), corpus(3), tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(RunError, match="damaged or from another version of this library: delete"):
        CachedTeacher(tmp_path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    build(Teacher(), corpus(3), tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(RunError, match=r"another version of this library: delete (.|\n)*format"):
        CachedTeacher(tmp_path)


def test_a_folder_without_cache_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no teacher cache: manifest\.json is missing"):
        CachedTeacher(tmp_path)


def test_a_sentence_that_is_not_there_is_named(tmp_path: Path) -> None:
    build(Teacher(), corpus(3), tmp_path)
    stranger = Sentence(words=("never", "seen"), origin="dev.txt:17")
    with pytest.raises(DataError, match=r"^dev\.txt:17: the sentence 'never seen' is not in the"):
        CachedTeacher(tmp_path)([*corpus(3), stranger])


def test_a_teacher_that_leaves_out_words_is_refused(tmp_path: Path) -> None:
    def truncating(sentences: Sequence[Sentence]) -> Structure:
        return Teacher()([Sentence(words=s.words[:5], origin=s.origin) for s in sentences])

    long = Sentence(words=tuple("abcdefg"), origin="train.txt:4")
    with pytest.raises(ValueError, match=r"got 5 words for the 7 at train\.txt:4"):
        build(truncating, [long], tmp_path)


def test_a_teacher_that_changes_the_kind_of_structure_is_refused(tmp_path: Path) -> None:
    build(Teacher("independent"), corpus(3), tmp_path)
    with pytest.raises(ValueError, match=r"the same kind of structure.*expected .*Independent"):
        build(Teacher("shared"), corpus(9), tmp_path)


def test_a_teacher_that_changes_what_all_sentences_share_is_refused(tmp_path: Path) -> None:
    teacher = Teacher()
    build(teacher, corpus(3), tmp_path)
    teacher.transitions = teacher.transitions + 1
    with pytest.raises(ValueError, match="transitions without a batch axis must be the same"):
        build(teacher, corpus(9), tmp_path)


class Forgetful(nn.Module):
    """A model with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)

    def forward(self, sentences: Sequence[Sentence]) -> Structure:
        lengths = torch.tensor([len(sentence) for sentence in sentences])
        emissions = self.dropout(torch.ones(len(sentences), int(lengths.max()), 50))
        return Independent(emissions=emissions, lengths=lengths)


def test_a_model_is_not_cached_with_its_dropout(tmp_path: Path) -> None:
    sentence = Sentence(words=("a",))
    build(Forgetful().train(), [sentence], tmp_path)
    assert CachedTeacher(tmp_path)([sentence]).potentials["emissions"].eq(1).all()


def test_the_size_is_that_of_the_files(tmp_path: Path) -> None:
    sentences = [Sentence(words=("a", "b", "c")), Sentence(words=("d",))]
    build(Teacher(), sentences, tmp_path)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes["00000.potentials"] == 4 * TAGS * 2  # words × tags × bytes of a half
    assert sizes["00000.sentences"] == 2 * 24
    assert CachedTeacher(tmp_path).size_bytes() == sum(sizes.values()) - sizes["manifest.json"]


def test_memory_holds_neither_the_corpus_nor_a_shard(tmp_path: Path) -> None:
    tags, words, count = 500, 10, 400
    sentences = [Sentence(words=(f"{i}",) * words) for i in range(count)]

    def teacher(batch: Sequence[Sentence]) -> Structure:
        lengths = torch.full((len(batch),), words)
        return Independent(emissions=torch.ones(len(batch), words, tags), lengths=lengths)

    tracemalloc.start()  # sees numpy, not torch
    build(teacher, sentences, tmp_path, shard_numbers=count * words * tags // 2)
    cached = CachedTeacher(tmp_path)
    for i in range(0, count, 10):
        cached(sentences[i : i + 10])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    potentials = count * words * tags * 2
    assert cached.size_bytes() > potentials
    assert peak < potentials / 5


def test_a_manifest_keeps_how_potentials_are_packed() -> None:
    lengths = torch.tensor([2])
    for single_root in (True, False):
        tree = ProjectiveTree(arcs=torch.zeros(1, 3, 3), single_root=single_root, lengths=lengths)
        packing = Packing.of(tree)
        manifest = Manifest.of(packing, fingerprint={}, dtype="float16")
        again = Manifest.model_validate_json(manifest.model_dump_json())
        assert again.packing() == packing
        assert again.packing().switches == {"single_root": single_root}
