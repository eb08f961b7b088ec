"""Who may know whom: the rules that keep the house simple, read off the imports."""

import ast
import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROCESSES = {"sfu", "signaling"}
SHARED = {"zvonok.wire", "zvonok.service"}
JUNK = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
WORLD = {"asyncio", "socket", "select", "ssl", "subprocess", "threading", "time", "sched"}
"""Standard modules that do I/O or read a clock."""
CONNECTIONS = {"aiohttp", "redis", "sqlalchemy", "aiosqlite", "asyncpg", "uvloop"}
CLOCKS = {"now", "utcnow", "today"}
ENGINES = {"sfu": "sfu.engine", "signaling": "signaling.call.call"}
"""Pure, with everything of their own process that they import."""


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Absolute names of everything that a module imports, wherever in it."""
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            # `from zvonok import wire` imports zvonok.wire.
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def assert_pure(path: Path) -> None:
    for name in imports(path):
        assert not within(name, WORLD | CONNECTIONS), f"{name_of(path)} imports {name}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            owner = ast.unparse(node.value)
            assert owner not in {"datetime", "date", "datetime.datetime"}, f"{name_of(path)}: clock"


@pytest.mark.parametrize("path", modules(*PROCESSES), ids=name_of)
def test_a_process_knows_itself_and_what_is_shared(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    for name in imports(path):
        if within(name, PROCESSES | {"zvonok"}):
            assert within(name, SHARED | {own}), f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", modules(*PROCESSES), ids=name_of)
def test_inside_a_process_imports_are_relative(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    if "migrations" in path.parts:
        return  # Alembic loads these by file, outside the package.
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert not within(node.module or "", {own}), f"{name_of(path)}: {node.module}"


@pytest.mark.parametrize("path", modules("zvonok/wire"), ids=name_of)
def test_wire_is_pure(path: Path) -> None:
    assert_pure(path)
    for name in imports(path):
        if within(name, {"zvonok"}):
            assert within(name, {"zvonok.wire"}), f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", modules("zvonok"), ids=name_of)
def test_the_shared_packages_know_no_process(path: Path) -> None:
    for name in imports(path):
        assert not within(name, PROCESSES), f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", modules("zvonok/service"), ids=name_of)
def test_service_knows_nothing_of_the_supervisor(path: Path) -> None:
    for name in imports(path):
        assert not within(name, {"zvonok.up"}), f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("process", sorted(PROCESSES))
def test_engines_have_no_clock_and_no_connections(process: str) -> None:
    known = {name_of(path): path for path in modules(process)}
    engine = ENGINES[process]
    # The parts of a call are found in their folder and imported by nobody.
    parts = [name for name in known if name.startswith(f"{engine.rpartition('.')[0]}.parts.")]
    todo, seen = [engine, *parts], set[str]()
    while todo:
        name = todo.pop()
        seen.add(name)
        assert_pure(known[name])
        # `from .room import Room` is imported as sfu.room.Room.
        reached = {n for i in imports(known[name]) for n in (i, i.rpartition(".")[0])}
        todo += (reached & known.keys()) - seen - {process}
    assert len(seen) > 3, "the engine's modules were not found"


def test_no_module_is_a_junk_drawer() -> None:
    folders = ("zvonok", "tests", "bench", "fuzz", "tools", "web/src", *PROCESSES)
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    assert [path for path in paths if path.stem.lower() in JUNK] == []


def test_every_package_is_listed_and_ours() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = [name_of(p) for p in modules("zvonok", *PROCESSES) if p.name == "__init__.py"]
    assert sorted(listed) == sorted(found)
    for name in listed:
        file = importlib.import_module(name).__file__
        assert file is not None
        assert Path(file).is_relative_to(ROOT), f"another {name} hides ours"
