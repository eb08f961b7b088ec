"""Of docs/protocol.md: what is said to us is closed at every depth, what we say is open."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.inspect import StructType, type_info

from signaling.call.parts.sources import Sources
from zvonok.wire import bus, client, errors, rest

BODIES = (
    rest.NewLesson,
    rest.NewLink,
    rest.Enter,
    rest.OwnSeat,
    rest.ClosedPage,
    rest.NewMediaToken,
)
KEPT = (Sources, bus.WantedSession, bus.ActualSession, bus.WorkerState, bus.CallNotice)


def structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """All structs that are in a value of this type, at any depth."""
    waiting = [type_info(kind)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, StructType):
            yield node.cls
            waiting += [field.type for field in node.fields]
        for name in ("types", "item_types"):
            waiting += getattr(node, name, ())
        for name in ("type", "item_type", "key_type", "value_type"):
            if isinstance(inner := getattr(node, name, None), msgspec.inspect.Type):
                waiting.append(inner)


@pytest.mark.parametrize("kind", [client.ClientMessage, *BODIES])
def test_what_is_said_to_us_is_closed_at_every_depth(kind: Any) -> None:
    found = list(structs(kind))
    assert found
    assert [one for one in found if not one.__struct_config__.forbid_unknown_fields] == []


@pytest.mark.parametrize("kind", [client.ServerMessage, errors.ErrorReply, *KEPT])
def test_what_we_say_and_keep_is_open(kind: Any) -> None:
    found = list(structs(kind))
    assert found
    assert [one for one in found if one.__struct_config__.forbid_unknown_fields] == []


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "media", "media": {"microphone": true, "whiteboard": true}}',
        '{"type": "join", "grant": "g", "media": {"whiteboard": true}}',
        '{"type": "view", "tiles": [{"slot": 0, "participant": 1, "kind": "camera", "height": 90,'
        ' "whiteboard": true}]}',
    ],
)
def test_an_unknown_field_is_named(text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `whiteboard`"):
        client.decode_client(text)
