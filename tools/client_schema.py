"""Prints the JSON Schema of all that browsers and signaling say to each other.

`python -m tools.client_schema`: one object, `$defs` with a schema for each message, each body of
HTTP and the unions `ClientMessage` and `ServerMessage`. `npm run types` in `web/` makes
TypeScript of it.
"""

import json
import sys
from typing import Any

import msgspec

from zvonok.wire import client, errors, rest

UNIONS: dict[str, Any] = {
    "ClientMessage": client.ClientMessage,
    "ServerMessage": client.ServerMessage,
}
BODIES: tuple[type, ...] = (
    errors.ErrorReply,
    rest.NewLesson,
    rest.LessonCreated,
    rest.NewLink,
    rest.Link,
    rest.Links,
    rest.LinkInfo,
    rest.Enter,
    rest.Entered,
    rest.Renewed,
    rest.OwnSeat,
    rest.ClosedPage,
    rest.HeldSeat,
    rest.NewMediaToken,
    rest.MediaToken,
    rest.FrontDoor,
)


def schema() -> dict[str, Any]:
    """`{"$defs": {name: schema}}`; objects are closed, unions name their members."""
    schemas, components = msgspec.json.schema_components(
        [*UNIONS.values(), *BODIES], ref_template="#/$defs/{name}"
    )
    unions = {
        name: {"anyOf": schema["anyOf"]}
        for name, schema in zip(UNIONS, schemas[: len(UNIONS)], strict=True)
    }
    return {"$defs": {name: _closed(body) for name, body in {**unions, **components}.items()}}


def _closed(node: Any) -> Any:
    """Without additional properties wherever the properties are known."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _closed(value) for key, value in node.items()}
    if copy.get("type") == "object" and "properties" in copy:
        copy["additionalProperties"] = False
    return copy


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
