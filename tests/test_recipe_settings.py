import pytest

from structdistill.errors import RecipeError
from structdistill.recipe import Recipe


def mistakes(table: dict[str, object], *settings: str) -> list[str]:
    """What a recipe's error says, by line."""
    with pytest.raises(RecipeError) as caught:
        Recipe.make(table, settings=settings)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("setting", "at", "value"),
    [
        ("training.epochs=7", ("training", "epochs"), 7),
        ("training.epochs = 7", ("training", "epochs"), 7),
        ("training.learning_rate=1e-4", ("training", "learning_rate"), 1e-4),
        ("data.train=some folder/train.txt", ("data", "train"), "some folder/train.txt"),
        ('data.train="train.txt"', ("data", "train"), "train.txt"),
        ("data.train=a=b.txt", ("data", "train"), "a=b.txt"),
        ('data.unlabelled=["a", "b"]', ("data", "unlabelled"), ("a", "b")),
        ("data.format.tag=3", ("data", "format"), {"name": "columns", "word": 1, "tag": 3}),
        ("model.encoder.width=8", ("model", "encoder"), {"name": "convolutional", "width": 8}),
        ("model.structure=independent", ("model", "structure"), "independent"),
        (
            'model.encoder={ name = "bilstm", width = 9 }',
            ("model", "encoder"),
            {"name": "bilstm", "width": 9},
        ),
    ],
)
def test_a_setting_changes_one_value(setting, at, value):
    table = {"data": {"dev": "dev.txt", "format": {"name": "columns", "word": 1}}}
    recipe = Recipe.make(table, settings=[setting])
    assert getattr(getattr(recipe, at[0]), at[1]) == value
    assert recipe.data.dev == "dev.txt"
    assert table == {"data": {"dev": "dev.txt", "format": {"name": "columns", "word": 1}}}


def test_the_settings_of_one_format_are_not_those_of_another():
    table = {"data": {"format": {"name": "columns", "word": 1}}}
    (_, message) = mistakes(table, "data.format.name=jsonl")
    assert message.startswith("  data.format: word: unknown key. Did you mean 'words'?")


def test_later_settings_count():
    recipe = Recipe.make({}, settings=["training.epochs=7", "training.epochs=8", "objective=token"])
    assert recipe.training.epochs == 8
    assert recipe.objective == "token"


def test_an_objective_needs_no_quotes():
    recipe = Recipe.make({}, settings=["objective=0.9 * structural + linear(1, 0) * nll"])
    assert recipe.objective == "0.9 * structural + linear(1, 0) * nll"


@pytest.mark.parametrize("setting", ["training.epochs", "=3", "training..epochs=3", ".a=3", "a.=3"])
def test_a_malformed_setting_says_how_it_is_written(setting):
    (message,) = mistakes({}, setting)
    assert message == f"cannot read the setting {setting!r}: expected KEY=VALUE, as in a.b=3"


def test_a_setting_of_what_is_no_table_is_refused():
    (message,) = mistakes({"task": "tagging"}, "task.name=3")
    assert message == "cannot set 'task.name': task is no table but 'tagging'"


def test_an_unknown_setting_gets_a_suggestion():
    assert "Did you mean 'epochs'?" in mistakes({}, "training.epoch=3")[1]
    assert "Did you mean 'training'?" in mistakes({}, "trainin.epochs=3")[1]
