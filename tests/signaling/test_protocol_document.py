"""docs/protocol.md says what the code does: examples, messages, endpoints, codes."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.signaling.conftest import School
from zvonok.wire import client, errors, rest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```", TEXT, re.DOTALL)
UNIONS = {"ClientMessage": client.ClientMessage, "ServerMessage": client.ServerMessage}


NEVER_TOLD = {"dtls_timeout"}
"""Told as `session_lost`."""


def kind_of(name: str) -> Any:
    return UNIONS.get(name) or getattr(rest, name, None) or getattr(errors, name)


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_is_what_it_says(name: str, text: str) -> None:
    decoded = msgspec.json.decode(text, type=kind_of(name), strict=True)
    # Fields that the type does not know would have been passed over.
    again = msgspec.json.decode(msgspec.json.encode(decoded))
    assert_within(msgspec.json.decode(text), again)


def assert_within(example: Any, known: Any) -> None:
    if isinstance(example, dict):
        assert example.keys() <= known.keys()
        for key, value in example.items():
            assert_within(value, known[key])
    elif isinstance(example, list):
        assert len(example) == len(known)
        for one, other in zip(example, known, strict=True):
            assert_within(one, other)


def test_no_example_is_untyped() -> None:
    assert TEXT.count("```json") == len(EXAMPLES) > 30


@pytest.mark.parametrize("union", UNIONS)
def test_every_message_has_an_example(union: str) -> None:
    shown = {msgspec.json.decode(text)["type"] for name, text in EXAMPLES if name == union}
    assert shown == {kind.__struct_config__.tag for kind in UNIONS[union].__args__}


def test_every_body_has_an_example() -> None:
    bodies = {
        name
        for name, kind in vars(rest).items()
        if isinstance(kind, type)
        and issubclass(kind, msgspec.Struct)
        and kind is not msgspec.Struct
    }
    assert bodies <= {name for name, _ in EXAMPLES}


async def test_every_endpoint_is_described(school: School) -> None:
    reply = await school.client.ask("GET", "/api/openapi.json")
    for path, operations in reply.json["paths"].items():
        if "{session}" in path:
            continue  # Its address comes in `Location`.
        for method in operations:
            described = f"{method.upper()} {path}"
            known = described.replace("/api/whep", "/api/whip").replace(
                "OPTIONS /api/whip", "`OPTIONS`"
            )
            assert known in TEXT, described


def test_every_code_is_in_the_table() -> None:
    table = TEXT[TEXT.index("| code |") : TEXT.index("## Lessons")]
    listed = set(re.findall(r"`([a-z_]+)`", table))
    for path in [*(ROOT / "signaling").rglob("*.py"), *(ROOT / "sfu").rglob("*.py")]:
        source = path.read_text(encoding="utf-8")
        codes = re.findall(r'(?:Refusal\(\s*\d+,|ErrorBody\()\s*"([a-z_]+)"', source)
        # What a handshake failed of is told by its code.
        codes += re.findall(r'"(dtls_[a-z_]+)"', source)
        assert set(codes) - NEVER_TOLD <= listed, path
