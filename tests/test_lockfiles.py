"""The lockfiles hold everything, with hashes, and no address of a registry."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGE_LOCK: dict[str, Any] = json.loads((ROOT / "web/package-lock.json").read_text())


def locked(path: str) -> dict[str, list[Requirement]]:
    """What a lockfile pins, by name; a name may have several versions under other markers."""
    found: dict[str, list[Requirement]] = {}
    for block in re.split(r"\n(?! )", (ROOT / path).read_text().strip()):
        line, *hashes = block.split("\\\n")
        requirement = Requirement(line.strip())
        assert [s.operator for s in requirement.specifier] == ["=="], line
        assert hashes, f"{line} has no hash"
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}\s*", h) for h in hashes), line
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


@pytest.mark.parametrize(
    "path", ["requirements.lock", "tools/node.lock", "tools/lines.lock", "web/package-lock.json"]
)
def test_no_lockfile_names_a_registry(path: str) -> None:
    text = (ROOT / path).read_text()
    assert "--index" not in text
    assert "--find-links" not in text
    if path.endswith(".json"):
        assert '"resolved"' not in text
    else:
        assert "://" not in text


@pytest.mark.parametrize(
    ("path", "declared"),
    [
        (
            "requirements.lock",
            PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"],
        ),
        ("tools/node.lock", PYPROJECT["dependency-groups"]["node"]),
        ("tools/lines.lock", PYPROJECT["dependency-groups"]["lines"]),
    ],
)
def test_every_python_dependency_is_locked(path: str, declared: list[str]) -> None:
    pins = locked(path)
    for text in declared:
        wanted = Requirement(text)
        versions = [
            next(iter(pin.specifier)).version
            for pin in pins.get(canonicalize_name(wanted.name), [])
        ]
        assert versions, f"{wanted.name} is not in {path}: run `make lock`"
        assert all(version in wanted.specifier for version in versions), text


def test_old_pythons_are_locked_too() -> None:
    # redis-py needs it below 3.11.3, and Debian 12 has 3.11.2.
    assert any("3.11.3" in str(pin.marker) for pin in locked("requirements.lock")["async-timeout"])


def test_the_clients_lockfile_matches_its_package() -> None:
    package = json.loads((ROOT / "web/package.json").read_text())
    root = PACKAGE_LOCK["packages"][""]
    for group in ("dependencies", "devDependencies"):
        assert root.get(group) == package.get(group), "run `npm install` in web/"
        for name, version in package.get(group, {}).items():
            assert PACKAGE_LOCK["packages"][f"node_modules/{name}"]["version"] == version


def test_what_is_installed_here_has_hashes() -> None:
    for path, entry in PACKAGE_LOCK["packages"].items():
        foreign = "linux" not in entry.get("os", ["linux"]) or "musl" in entry.get("libc", [])
        if path and not foreign:
            assert "integrity" in entry, path


def test_the_clients_lockfile_has_every_platforms_binary() -> None:
    # Else `npm ci` refuses it wherever the registry has them.
    packages = PACKAGE_LOCK["packages"]
    for entry in packages.values():
        for name in entry.get("optionalDependencies", {}):
            assert f"node_modules/{name}" in packages
