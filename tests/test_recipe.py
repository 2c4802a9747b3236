import tomllib
from pathlib import Path

import pytest

from structdistill.data.sentence import Sentence
from structdistill.errors import DataError, RecipeError
from structdistill.objectives import parse
from structdistill.recipe import Recipe, find, shipped
from structdistill.tasks.dependency import Dependency

FULL = """\
task = "tagging"
teacher = "runs/teacher"
objective = "0.9 * structural(temperature=2) + linear(0, 0.1) * nll"

[data]
train = "train.txt"
dev = "dev.txt"
test = "test.txt"
unlabelled = ["more.txt", "most.txt"]
labelled = 100
format = { name = "columns", word = 1, tag = 3, scheme = "iob1" }

[model]
encoder = { name = "pretrained", model = "minilm", layers = "even:3" }
structure = "independent"
initialise = "teacher"

[training]
epochs = 3
learning_rate = 1.5e-4
head_learning_rate = 1e-3
patience = 2
mixed_precision = "bf16"
"""


def mistakes(table: dict[str, object], *settings: str) -> list[str]:
    """What a recipe's error says, by line."""
    with pytest.raises(RecipeError) as caught:
        Recipe.make(table, settings=settings)
    return str(caught.value).splitlines()


# Reading


def test_a_recipe_is_read_from_toml(tmp_path):
    path = tmp_path / "full.toml"
    path.write_text(FULL, encoding="utf-8")
    recipe = Recipe.read(path)
    assert recipe.teacher == "runs/teacher"
    assert recipe.data.unlabelled == ("more.txt", "most.txt")
    assert recipe.data.format == {"name": "columns", "word": 1, "tag": 3, "scheme": "iob1"}
    assert recipe.model.encoder["layers"] == "even:3"
    assert recipe.training.learning_rate == 1.5e-4
    assert recipe.training.mixed_precision == "bf16"
    assert recipe.training.accumulate == 1
    expected = parse("0.9 * structural(temperature=2) + linear(0, 0.1) * nll")
    assert recipe.parsed_objective() == expected


def test_an_empty_recipe_has_defaults():
    recipe = Recipe.make({})
    assert recipe.model.encoder == {"name": "convolutional"}
    assert recipe.data.format == {"name": "columns"}
    assert recipe.parsed_objective() == parse("nll")


def test_a_table_without_name_means_the_default():
    recipe = Recipe.make({"model": {"encoder": {"width": 8}}, "data": {"format": {"tag": 2}}})
    assert recipe.model.encoder == {"name": "convolutional", "width": 8}
    assert recipe.data.format == {"name": "columns", "tag": 2}


@pytest.mark.parametrize("text", ["", FULL])
def test_the_resolved_recipe_is_the_same_recipe(text):
    recipe = Recipe.make(tomllib.loads(text))
    resolved = tomllib.loads(recipe.toml())
    assert Recipe.make(resolved) == recipe
    assert resolved["training"]["clip"] == 1.0


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_recipe_is_right_and_found_by_its_name(name):
    recipe = Recipe.read(name)
    assert Recipe.make(tomllib.loads(recipe.toml())) == recipe
    assert recipe == Recipe.read(find(Path(name)))


def test_the_recipes_of_the_project_are_shipped():
    folder = Path(__file__).parents[1] / "recipes"
    assert set(shipped()) == {path.stem for path in folder.glob("*.toml")}


def test_a_folder_does_not_hide_a_shipped_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo_teacher").mkdir()
    assert Recipe.read("demo_teacher").task == "tagging"


def test_structures_and_settings_of_the_head_depend_on_the_task():
    assert Recipe.make({}).model.structure == "linear_chain"
    parser = Recipe.make({"task": "dependency", "model": {"head": {"arc_width": 64}}})
    assert parser.model.structure == "non_projective_tree"
    assert parser.model.head == {"arc_width": 64}
    assert Recipe.make({"task": "dependency"}).model.structure == "non_projective_tree"
    changed = Recipe.make({"task": "dependency"}, settings=["model.structure=projective_tree"])
    assert Recipe.make(tomllib.loads(changed.toml())) == changed


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            {"task": "dependency", "model": {"structure": "linear_chain"}},
            "  model.structure: must be 'non_projective_tree' or 'projective_tree'; got "
            "'linear_chain'",
        ),
        (
            {"task": "dependency", "model": {"head": {"arc_with": 3}}},
            "  model.head: arc_with: unknown key. Did you mean 'arc_width'? Known: arc_width, "
            "dropout, relation_width, single_root",
        ),
        (
            {"task": "dependency", "model": {"head": {"arc_width": "x"}}},
            "  model.head: arc_width: must be a valid integer; got 'x'",
        ),
        ({"model": {"head": {"width": 3}}}, "  model.head: width: unknown key. Known: "),
    ],
)
def test_a_mistake_in_them_is_told(table, expected):
    assert mistakes(table)[1:] == [expected]


def test_annotated_files_are_read_in_their_format(tmp_path):
    columns, jsonl = tmp_path / "a.txt", tmp_path / "a.jsonl"
    columns.write_text("x a B-PER\ny b O\n")
    jsonl.write_text('{"tokens": ["a", "b"], "tags": ["B-PER", "O"]}\n')
    expected = [Sentence(("a", "b"), ("B-PER", "O"))]
    assert Recipe.make({"data": {"format": {"word": 1}}}).data.read(columns) == expected
    assert Recipe.make({"data": {"format": {"name": "jsonl"}}}).data.read(jsonl) == expected


def test_files_without_annotation_are_refused(tmp_path):
    path = tmp_path / "dev.jsonl"
    path.write_text('{"tokens": ["a"]}\n{"tokens": ["b"], "tags": [null]}\n')
    with pytest.raises(DataError, match=f"^{path}: no word has a tag; expected annotated"):
        Recipe.make({"data": {"format": {"name": "jsonl"}}}).data.read(path)


def test_another_task_wants_another_annotation(tmp_path):
    path = tmp_path / "dev.txt"
    path.write_text("a O\n")
    with pytest.raises(DataError, match=f"^{path}: no word has a head; expected annotated"):
        Recipe.make({}).data.read(path, task=Dependency)


# Mistakes


def test_all_mistakes_come_at_once_with_suggestions():
    found = mistakes(
        {
            "objectiv": "nll",
            "objective": "0.5 * nlll",
            "task": "taging",
            "data": {"formt": {}, "labelled": 0, "unlabelled": "text.txt"},
            "model": {"encoder": {"name": "bilstmm"}, "structure": "chain"},
            "training": {"epocs": 3, "learning_rate": -1, "batch_words": "many"},
        }
    )
    assert found[0] == "recipe: the recipe has mistakes"
    assert sorted(found[1:]) == sorted(
        [
            "  objectiv: unknown key. Did you mean 'objective'? Known: data, labels, model, "
            "objective, task, teacher, teacher_weights, training",
            "  objective: unknown objective 'nlll'. Did you mean 'nll'? Known: nll, posterior, "
            "structural, substructure, token, top_k",
            "  task: unknown task 'taging'. Did you mean 'tagging'? Known: constituency, "
            "dependency, segmentation, tagging",
            "  data.formt: unknown key. Did you mean 'format'? Known: augmentation, dev, format, "
            "labelled, ood, test, train, unlabelled, unlabelled_filter, unlabelled_limit, "
            "unlabelled_ratio, without_fold",
            "  data.labelled: must be greater than or equal to 1; got 0",
            '  data.unlabelled: must be a list, as in ["a", "b"]; got \'text.txt\'',
            "  model.encoder: unknown encoder 'bilstmm'. Did you mean 'bilstm'? Known: bilstm, "
            "convolutional, hashed, joined, pretrained, subwords",
            "  model.structure: must be 'linear_chain' or 'independent'; got 'chain'",
            "  training.epocs: unknown key. Did you mean 'epochs'? Known: accumulate, "
            "batch_words, checkpoint_minutes, clip, epochs, head_learning_rate, learning_rate, "
            "mixed_precision, patience, seed, warmup, weight_decay",
            "  training.learning_rate: must be greater than 0; got -1",
            "  training.batch_words: must be a valid integer, unable to parse string as an "
            "integer; got 'many'",
        ]
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            {"model": {"encoder": {"name": "convolutional", "widht": 8, "layers": "x"}}},
            [
                "  model.encoder: widht: unknown key. Did you mean 'width'? Known: dropout, "
                "embedding, kernel, layers, width",
                "  model.encoder: layers: must be a valid integer; got 'x'",
            ],
        ),
        (
            {"model": {"encoder": {"name": "pretrained", "layers": 2.5}}},
            [
                "  model.encoder: layers: must be a valid integer or a valid string or an "
                "instance of Sequence; got 2.5"
            ],
        ),
        (
            {"model": {"encoder": "bilstm"}},
            ["  model.encoder: must be a table, as in { name = ... }; got 'bilstm'"],
        ),
        (
            {"data": {"format": {"colum": 3}}},
            ["  data.format: colum: unknown key. Known: scheme, tag, word"],
        ),
        (
            {"data": {"format": {"tag": "ner"}}},
            ["  data.format: tag: must be a valid integer; got 'ner'"],
        ),
        (
            {"data": {"format": {"name": "colums"}}},
            [
                "  data.format: unknown format 'colums'. Did you mean 'columns'? Known: brackets, "
                "columns, conllu, hub, jsonl, text"
            ],
        ),
        (
            {"data": {"format": {"word": 2, "tag": 2}}},
            ["  data.format: word and tag are the same column, 2; choose another, or tag = none"],
        ),
        ({"data": 3}, ["  data: must be a table; got 3"]),
        (
            {"objective": "token(temprature=2)"},
            [
                "  objective: token has no setting 'temprature'. Did you mean 'temperature'? "
                "Known: temperature"
            ],
        ),
        (
            {"training": {"mixed_precision": "fp8", "seed": -1}},
            [
                "  training.mixed_precision: must be 'no', 'fp16' or 'bf16'; got 'fp8'",
                "  training.seed: must be greater than or equal to 0; got -1",
            ],
        ),
        (
            {"task": "collections.Counter"},
            ["  task: collections.Counter is no task: it must be a subclass of Task"],
        ),
        (
            {"data": {"format": {"name": "collections.Counter"}}},
            ["  data.format: collections.Counter is no format: it must be a subclass of Format"],
        ),
        (
            {"model": {"encoder": {"name": "no.such.Encoder"}}},
            ["  model.encoder: cannot import 'no.such.Encoder': No module named 'no'"],
        ),
    ],
)
def test_a_mistake_says_where_what_and_what_to_do(table, expected):
    assert mistakes(table)[1:] == expected


def test_a_file_that_is_no_toml_is_named_with_the_line(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text('task = "tagging"\nteacher = runs/teacher\n')
    with pytest.raises(RecipeError, match=rf"^{path}: cannot be read as TOML: .* line 2"):
        Recipe.read(path)
    path.write_bytes(b'task = "\xff"\n')
    with pytest.raises(RecipeError, match=rf"^{path}: cannot be read as TOML: .*utf-8"):
        Recipe.read(path)


def test_a_mistake_in_a_file_is_told_with_the_file(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text("epochs = 3\n")
    with pytest.raises(RecipeError, match=f"^{path}: the recipe has mistakes\n  epochs: unknown"):
        Recipe.read(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"none.toml: cannot be read: No such file"):
        Recipe.read(tmp_path / "none.toml")
    with pytest.raises(RecipeError) as caught:
        Recipe.read("demo_techer")
    message = str(caught.value)
    assert message.startswith("there is no recipe 'demo_techer'. Did you mean 'demo_teacher'?")
