"""How the code is put together: one law a test, read from the sources without running them."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import structdistill

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "structdistill"
SOURCES = {str(path.relative_to(PACKAGE)): path.read_text() for path in PACKAGE.rglob("*.py")}
TREES = {file: ast.parse(text) for file, text in SOURCES.items()}
NODES = [(file, node) for file, tree in TREES.items() for node in ast.walk(tree)]
CLASSES = {node.name: node for _, node in NODES if isinstance(node, ast.ClassDef)}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FAMILIES = ("structures", "objectives")
# From the ground up: each part of the package and the parts of it that it may import.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "names": {"errors"},
    "files": {"errors"},
    "structures": {"errors"},
    "objectives": {"errors", "names", "structures"},
    "data": {"errors", "names", "files"},
    "models": {"errors", "names", "files", "structures", "data"},
}
# These may import every part that stands before them.
UPPER = """
    tasks calibration significance evaluation teachers epochs progress training members
    data_settings recipe corpus run trials report folds teaching unlabelled untrained experiment
    search prediction environment display demo __init__ cli __main__
"""
for upper in UPPER.split():
    MAY_IMPORT[upper] = set(MAY_IMPORT)

# The only libraries that a part may import, and some that it may not.
ONLY_LIBRARIES = {family: {"torch", "jaxtyping", "numpy"} for family in FAMILIES}
ONLY_LIBRARIES["structures"] |= {"numba", "llvmlite", "triton"}
ONLY_LIBRARIES |= {"errors": set(), "names": set()}
NO_LIBRARIES = {"data": {"torch", "transformers", "accelerate"}}
ONE_CLASS_A_FILE = (*FAMILIES, "models/encoders", "data/formats")
# A family's common ground: may hold several classes, and its promises are tested as laws.
BASES = {f"{family}/base.py" for family in FAMILIES}
WRONG_WORDS = {"logit": "potential", "logits": "potentials", "emb": "embeddings"}
WRITERS = {"append", "add", "update", "setdefault", "extend", "insert", "pop", "clear"}


def test_imports_run_downwards() -> None:
    unplaced = {_part(file) for file in SOURCES} - set(MAY_IMPORT)
    _none(unplaced, "say in MAY_IMPORT, in tests/test_layering.py, where these parts stand")
    _none(
        (
            f"{place} imports {module}"
            for place, part, module in _imports()
            if module.split(".")[0] in ("structdistill", "")
            if f"{module}.".split(".")[1] not in MAY_IMPORT[part] | {"__version__", part}
        ),
        "import parts below only, by full module name (MAY_IMPORT); move what both need down",
    )


def test_the_lower_parts_need_few_libraries() -> None:
    own = sys.stdlib_module_names | {"structdistill", ""}
    libraries = ((place, part, module.split(".")[0]) for place, part, module in _imports())
    _none(
        (
            f"{place} imports {library}"
            for place, part, library in libraries
            if library not in own | ONLY_LIBRARIES.get(part, {library})
            or library in NO_LIBRARIES.get(part, set())
        ),
        "do what needs this library in a part further up",
    )


def test_a_file_is_read_in_one_sitting() -> None:
    lengths = {file: len(text.splitlines()) for file, text in SOURCES.items()}
    _none(
        (f"{file} has {length} lines" for file, length in lengths.items() if length > 300),
        "split at a noun; about 150 lines are good, 300 the most",
    )


def test_a_file_has_one_public_class() -> None:
    classes = {
        file: [name for name, node in _public(tree.body) if isinstance(node, ast.ClassDef)]
        for file, tree in TREES.items()
        if file.startswith(ONE_CLASS_A_FILE) and file not in BASES
    }
    _none(
        (f"{file} has {', '.join(names)}" for file, names in classes.items() if len(names) > 1),
        "give each its own file, or make the lesser ones private",
    )


def test_classes_are_abstract_or_final() -> None:
    _none(
        (
            f"{file}:{node.lineno} {node.name} is a subclass of {base.name}"
            for file, node in NODES
            if isinstance(node, ast.ClassDef) and file != "errors.py"
            for base in _ancestors(node)
            if not _is_abstract(base)
        ),
        "a class that can be instantiated is not subclassed; share through an abstract one",
    )


def test_modules_say_what_they_hold() -> None:
    empty = {"util", "utils", "helper", "helpers", "common", "misc", "core", "manager"}
    _none(
        (file for file in SOURCES if empty & set(re.split(r"[/_.]", file))),
        "name the file after what it holds, or keep a small helper where it is used",
    )


def test_every_structure_and_objective_has_its_test_file() -> None:
    modules = (f.replace("/base.", "/laws.") for f in SOURCES if f.startswith(FAMILIES))
    tests = ["tests/{}/test_{}".format(*m.rsplit("/", 1)) for m in modules if "__init__" not in m]
    _none(
        (f"{test} is missing" for test in tests if not (ROOT / test).is_file()),
        "test there what is peculiar to a file; the laws in test_laws.py hold for every member",
    )


def test_every_structure_and_objective_has_its_line_in_the_docs() -> None:
    entries = {
        family: "".join(re.findall(r"(?m)^[#|].*\n", (ROOT / f"docs/{family}.md").read_text()))
        for family in FAMILIES
    }
    _none(
        (
            f"docs/{family}.md lacks {stem} ({name})"
            for family, stem, name in _members()
            if not re.search(rf"\b({stem}|{name})\b", entries[family])
        ),
        "give each a heading or a table row",
    )


def test_what_is_public_has_a_docstring() -> None:
    _none(
        (
            f"{file}:{node.lineno} {name}"
            for file, tree in TREES.items()
            for name, node in _public(tree.body)
            if not _decorators(node) & {"property", "overload"}
            if not ast.get_docstring(node) and not _overrides(name)
        ),
        "say in one line what it is; only an override may leave that to its base",
    )


def test_the_public_names_exist_and_are_sorted() -> None:
    names = list(getattr(structdistill, "__all__", []))
    assert names, "structdistill/__init__.py must list its public names in __all__"
    _none((n for n in names if not hasattr(structdistill, n)), "in __all__ but not there")
    _none(
        (
            name
            for name, value in vars(structdistill).items()
            if name[0] != "_" and name not in names and not isinstance(value, ModuleType)
            if getattr(value, "__module__", "").startswith("structdistill")
        ),
        "public but not in __all__",
    )
    # Constants, classes, functions: the order that ruff wants too.
    assert names == sorted(set(names), key=lambda n: (not n.isupper(), not n[0].isupper(), n))


def test_nothing_global_is_changed() -> None:
    _none(
        (f"{file}:{change}" for file, tree in TREES.items() for change in _global_changes(tree)),
        "pass values; a setting that is changed in one place surprises another",
    )


def test_only_the_command_line_prints() -> None:
    _none(
        (
            f"{file}:{node.lineno}"
            for file, node in NODES
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
            if _part(file) not in ("cli", "display")
        ),
        "return or yield what is to be said, and let the command line say it",
    )


def test_names_are_the_standard_terms() -> None:
    _none(
        (
            f"{file}:{token.start[0]} {token.string}: say {WRONG_WORDS[word]}"
            for file, text in SOURCES.items()
            if file.startswith(FAMILIES)
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.NAME
            for word in WRONG_WORDS.keys() & set(token.string.split("_"))
        ),
        "one word for one thing (docs/conventions.md)",
    )


def test_every_recipe_says_how_to_run_it_and_what_to_expect() -> None:
    recipes = sorted((ROOT / "recipes").glob("*.toml"))
    assert recipes, "recipes/ has no recipe"
    header = r"(?=(#.*\n)*#.*structdistill \w+ .*{})(?=(#.*\n)*#.*Expect:)"
    _none(
        (path.name for path in recipes if not re.match(header.format(path.stem), path.read_text())),
        "begin with comment lines: the command that runs it, and `Expect: …`",
    )


def _none(offenders: Iterable[str], remedy: str) -> None:
    """Fails with the remedy and the offenders, if there are any."""
    found = sorted(offenders)
    assert not found, "\n  ".join([remedy, *found])


def _part(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def _imports() -> Iterator[tuple[str, str, str]]:
    """Place, importing part and full name of all that is imported, inside functions too."""
    for file, node in NODES:
        if isinstance(node, ast.Import | ast.ImportFrom):
            source = "" if isinstance(node, ast.Import) else "." * node.level + f"{node.module}."
            for alias in node.names:
                yield f"{file}:{node.lineno}", _part(file), source + alias.name


def _public(body: Iterable[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Public functions, classes and their public methods, by qualified name."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body, f"{prefix}{node.name}.")


def _members() -> Iterator[tuple[str, str, str]]:
    """Family, file name and class name of each concrete structure and objective."""
    for file, node in NODES:
        if isinstance(node, ast.ClassDef) and file.startswith(FAMILIES):
            stem = Path(file).stem
            named_alike = node.name.lower() == stem.replace("_", "")
            if named_alike and not _is_abstract(node) and any(_ancestors(node)):
                yield _part(file), stem, node.name


def _ancestors(node: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """Those base classes that are ours."""
    for base in node.bases:
        name = re.split(r"[\[(]", ast.unparse(base))[0].rpartition(".")[2]
        if name in CLASSES:
            yield CLASSES[name]
            yield from _ancestors(CLASSES[name])


def _overrides(name: str) -> bool:
    """Whether it is a method of a base class too, by qualified name."""
    owner, _, method = name.rpartition(".")
    bases = _ancestors(CLASSES[owner]) if owner in CLASSES else ()
    return any(getattr(part, "name", None) == method for base in bases for part in base.body)


def _is_abstract(node: ast.ClassDef) -> bool:
    declared = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    return "ABC" in declared or any("abstractmethod" in _decorators(part) for part in node.body)


def _decorators(node: ast.AST) -> set[str]:
    return {ast.unparse(d).rpartition(".")[2] for d in getattr(node, "decorator_list", [])}


def _global_changes(tree: ast.Module) -> Iterator[str]:
    """Places that rebind or write to module-level names, the environment or torch's settings."""
    held = {
        ast.unparse(target)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    } | {"os.environ"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"{node.lineno} global {', '.join(node.names)}"
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) in held:
            if not isinstance(node.ctx, ast.Load):
                yield f"{node.lineno} writes to {ast.unparse(node.value)}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, method = ast.unparse(node.func.value), node.func.attr
            if owner in held and method in WRITERS:
                yield f"{node.lineno} writes to {owner}"
            elif f"{owner}.{method}".startswith("torch.set_"):
                yield f"{node.lineno} calls {owner}.{method}"
