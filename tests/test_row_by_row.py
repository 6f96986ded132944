"""Every step of a sweeper, and every task, goes on after a bad row: see core/failures.py."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
ISOLATING = {"attempt", "each", "each_name", "together", "steps"}
DEEPEST = 5
# One queue, or what a failure itself is kept by.
OF_ONE_PIECE = {
    "core.sweeper: forget_untried",
    "core.sweeper: bring_into_step",  # its own steps are found beside it
    "desk.sweeper: rollup.keep",  # a day a pass
    "shipping.tasks: cancel_parcels",
}


@cache
def tree_of(module: ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text())


def modules(*patterns: str) -> Iterator[ModuleType]:
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        yield import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def steps_of(module: ModuleType) -> Iterator[ast.expr]:
    """The functions in the mappings that are given to `steps`."""
    for node in ast.walk(tree_of(module)):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("steps"):
            given = node.args
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "named":
            given = [node.value]
        yield from (step for each in given if isinstance(each, ast.Dict) for step in each.values)


def tasks_of(module: ModuleType) -> Iterator[ast.expr]:
    for node in tree_of(module).body:
        if isinstance(node, ast.FunctionDef) and "shared_task" in ast.unparse(node):
            yield ast.Name(node.name)


def called_in(module: ModuleType, node: ast.AST) -> Iterator[tuple[ModuleType, ast.FunctionDef]]:
    """The functions of ours that this piece of a module names."""
    for name in ast.walk(node):
        if isinstance(name, ast.Attribute) and isinstance(name.value, ast.Name):
            found = getattr(getattr(module, name.value.id, None), name.attr, None)
            yield from definition(found, module, "")
        elif isinstance(name, ast.Name):
            yield from definition(getattr(module, name.id, None), module, name.id)


def definition(
    found: object, module: ModuleType, name: str
) -> Iterator[tuple[ModuleType, ast.FunctionDef]]:
    """Where a function stands; a task or a function within another one by its name."""
    if isinstance(found, FunctionType):
        module, name = sys.modules[found.__module__], found.__name__
    if str(module.__file__).startswith(f"{ROOT}/") and ".venv" not in str(module.__file__):
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                yield module, node


def has_loop(node: ast.AST) -> bool:
    return any(isinstance(each, ast.For | ast.While) for each in ast.walk(node))


def isolates(module: ModuleType, node: ast.AST, depth: int = DEEPEST) -> bool:
    """Whether it, or something that it calls, works row by row or name by name."""
    names = {ast.unparse(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
    if {name.rpartition(".")[2] for name in names} & ISOLATING:
        return True
    if any(name.endswith(".delete") for name in names) and not has_loop(node):
        return True  # one statement throws away what is over
    deeper = called_in(module, node) if depth else ()
    return any(isolates(where, each, depth - 1) for where, each in deeper if each is not node)


FOUND = [
    (f"{module.__name__}: {ast.unparse(work)}", module, work)
    for pattern, of in (
        ("*/sweeper.py", steps_of),
        ("*/tasks.py", tasks_of),
    )
    for module in modules(pattern)
    for work in of(module)
]
WORK = [pytest.param(*work, id=name) for name, *work in FOUND if name not in OF_ONE_PIECE]


def test_the_steps_and_tasks_are_found():
    assert len(WORK) > 25
    assert {name for name, *_ in FOUND} >= OF_ONE_PIECE


@pytest.mark.parametrize(("module", "work"), WORK)
def test_a_bad_row_holds_up_no_other(module, work):
    assert isolates(module, work), f"{ast.unparse(work)} loops over rows without core/failures"
