import datasets
import pytest

from structdistill.data.formats.hub import Hub
from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError

NAMES = ["O", "B-PER", "I-PER"]
SENTENCES = [
    Sentence(("Ann", "Lee", "left"), ("B-PER", "I-PER", "O")),
    Sentence(("No", "one"), ("O", "O")),
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Nothing is kept in, or taken from, the user's cache."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def numbered(rows: list[list[int | None]], words: list[list[str]]) -> datasets.Dataset:
    """A data set whose tags are numbers with names."""
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "tokens": datasets.Sequence(datasets.Value("string")),
            "ner_tags": datasets.Sequence(datasets.ClassLabel(names=NAMES)),
        }
    )
    columns = {"id": [str(n) for n in range(len(rows))], "tokens": words, "ner_tags": rows}
    return datasets.Dataset.from_dict(columns, features=features)


@pytest.fixture
def saved(tmp_path):
    """A folder of `save_to_disk` with two splits."""
    train = numbered([[1, 2, 0], [0, 0]], [["Ann", "Lee", "left"], ["No", "one"]])
    folder = tmp_path / "saved"
    splits = datasets.DatasetDict({"train": train, "validation": train.select([1])})
    splits.save_to_disk(str(folder))
    return folder


def test_a_saved_folder_is_read_with_the_names_of_its_numbers(saved):
    sentences = Hub().read(saved)
    assert sentences == SENTENCES
    assert sentences[1].origin == f"{saved}:train[1]"


def test_a_split_is_named_after_a_colon(saved):
    assert Hub().read(f"{saved}:validation") == SENTENCES[1:]
    assert Hub(tags=None).read(f"{saved}:validation") == [SENTENCES[1].unlabelled()]


def test_a_folder_of_one_split_needs_no_name(tmp_path):
    numbered([[1]], [["Ann"]]).save_to_disk(str(tmp_path / "one"))
    assert Hub().read(tmp_path / "one") == [Sentence(("Ann",), ("B-PER",))]


def test_a_folder_whose_name_has_a_colon_is_itself(tmp_path):
    numbered([[1]], [["Ann"]]).save_to_disk(str(tmp_path / "my:set"))
    assert Hub().read(tmp_path / "my:set") == [Sentence(("Ann",), ("B-PER",))]


def test_a_folder_of_parquet_files_is_read(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    numbered([[2, None, -1]], [["Lee", "or", "not"]]).to_parquet(str(folder / "test.parquet"))
    assert Hub().read(f"{folder}:test") == [
        Sentence(("Lee", "or", "not"), ("B-PER", None, None)),
    ]


def test_what_is_written_is_a_data_set(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    with (folder / "train.jsonl").open("w", encoding="utf-8", newline="") as stream:
        Hub().write(SENTENCES, stream)
    assert Hub().read(folder) == SENTENCES


def test_a_missing_split_lists_those_there_are(saved):
    with pytest.raises(DataError, match=r"no split 'dev', only: train, validation. .*saved:train"):
        Hub().read(f"{saved}:dev")


def test_a_missing_column_lists_those_there_are(saved):
    with pytest.raises(DataError, match="no column 'words', only: id, tokens, ner_tags"):
        Hub(words="words").read(saved)
    with pytest.raises(DataError, match="no column 'tags', only: id, tokens, ner_tags"):
        Hub(tags="tags").read(saved)


def test_a_column_of_another_type_is_refused(saved):
    with pytest.raises(DataError, match="column 'id' must hold lists of strings"):
        Hub(words="id").read(saved)


@pytest.mark.parametrize(
    ("tags", "words", "message"),
    [
        ([[0], []], [["a"], []], r":train\[1\]: 'tokens' holds no word or an empty one"),
        ([[0, 0]], [["a", ""]], r":train\[0\]: 'tokens' holds no word or an empty one"),
        ([[0, 0]], [["a"]], r":train\[0\]: 1 words but 2 'ner_tags'; expected one a word"),
    ],
)
def test_a_bad_row_is_named(tmp_path, tags, words, message):
    numbered(tags, words).save_to_disk(str(tmp_path / "bad"))
    with pytest.raises(DataError, match=message):
        Hub().read(tmp_path / "bad")


def test_a_tag_of_no_scheme_is_named_with_its_row(tmp_path):
    rows = {"tokens": [["a", "b"]], "ner_tags": [["O", "PER"]]}
    datasets.Dataset.from_dict(rows).save_to_disk(str(tmp_path / "bad"))
    with pytest.raises(DataError, match=r"bad:train\[0\]: word 2 \('b'\): the tag 'PER' fits no"):
        Hub().read(tmp_path / "bad")


def test_a_data_set_without_rows_is_an_error(tmp_path):
    numbered([], []).to_parquet(str(tmp_path / "train.parquet"))
    with pytest.raises(DataError, match=r"no data set could be loaded: .* no data"):
        Hub().read(tmp_path)


def test_a_saved_folder_that_lacks_a_part_is_an_error(saved):
    (saved / "dataset_dict.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="no data set could be loaded"):
        Hub().read(saved)


@pytest.mark.parametrize("name", ["empty", "no-such-folder"])
def test_what_cannot_be_loaded_is_an_error(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=f"{name}: no data set could be loaded: .* Expected its"):
        Hub().read(tmp_path / name)


def test_a_name_that_is_not_on_the_hub_is_an_error():
    with pytest.raises(DataError, match="no-such-set: no data set could be loaded"):
        Hub().read("no-such-set:train")


def test_a_broken_file_is_an_error(tmp_path):
    (tmp_path / "train.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match="no data set could be loaded"):
        Hub().read(tmp_path)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(RecipeError, match="unknown scheme 'bios'"):
        Hub(scheme="bios")
