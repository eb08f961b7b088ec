"""The schema of which the client's types are made."""

from typing import Any

from tools.client_schema import schema
from zvonok.wire import client


def walk(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for item in node for found in walk(item)]
    if isinstance(node, dict):
        return [node, *(found for value in node.values() for found in walk(value))]
    return []


def test_every_message_is_named() -> None:
    definitions = schema()["$defs"]
    for name, union in (
        ("ClientMessage", client.ClientMessage),
        ("ServerMessage", client.ServerMessage),
    ):
        named = {member["$ref"] for member in definitions[name]["anyOf"]}
        assert named == {f"#/$defs/{kind.__name__}" for kind in union.__args__}
        for kind in union.__args__:
            tag = kind.__struct_config__.tag
            assert definitions[kind.__name__]["properties"]["type"] == {"enum": [tag]}


def test_objects_are_closed_and_there_are_no_tuples() -> None:
    for node in walk(schema()):
        assert "prefixItems" not in node
        if "properties" in node and node.get("type") == "object":
            assert node["additionalProperties"] is False


def test_every_reference_leads_somewhere() -> None:
    definitions = schema()["$defs"]
    for node in walk(definitions):
        if isinstance(node.get("$ref"), str):
            assert node["$ref"].removeprefix("#/$defs/") in definitions
