"""Every part of a call, also those that are added later: messages, permissions, kept state."""

from collections import Counter
from collections.abc import Mapping
from typing import get_args

import msgspec
import pytest

from signaling.call.call import Call
from signaling.call.part import Handles
from signaling.call.parts import kinds_of_parts
from signaling.call.parts.quality import QualityPart
from signaling.permissions import PERMISSIONS, Permission, may
from tests.signaling.stage import Stage
from tests.signaling.test_protocol_document import EXAMPLES
from zvonok.wire import client
from zvonok.wire.client import ClientMessage, Failed, Role

ROLES: tuple[Role, ...] = get_args(client.Role)
GUARDED = [h for h in Call("Algebra", 0.0).handlers() if h.may is not None]
REFUSED = [(h, role) for h in GUARDED for role in ROLES if h.may and not may(role, h.may)]


def example(kind: type) -> ClientMessage:
    """The message as docs/protocol.md shows it."""
    decoded: list[ClientMessage] = [
        msgspec.json.decode(text, type=client.ClientMessage)
        for name, text in EXAMPLES
        if name == "ClientMessage"
    ]
    return next(message for message in decoded if type(message) is kind)


def test_every_message_has_one_handler() -> None:
    handled = Counter(handles.message for handles in Call("Algebra", 0.0).handlers())
    assert handled == Counter(ClientMessage.__args__)


def test_no_two_parts_keep_under_one_name() -> None:
    names = [home.name for part in Call("Algebra", 0.0).parts for home in part.kept]
    # The call's own records are `call` and `seat`.
    assert len({*names, "call", "seat"}) == len(names) + 2


@pytest.mark.parametrize(
    ("handles", "role"), REFUSED, ids=[f"{h.message.__name__}-{role}" for h, role in REFUSED]
)
def test_whoever_may_not_is_refused(handles: Handles, role: Role) -> None:
    stage = Stage()
    stage.join("Host", "host")
    socket = stage.join("Somebody", role)
    stage.wait(2)
    before = dict(stage.call.records())
    effects = stage.say(socket, example(handles.message))
    (failed,) = stage.viewers[socket].got(Failed)
    assert failed.error.code == "forbidden"
    assert len(effects) == 1
    assert dict(stage.call.records()) == before


def test_a_part_is_in_the_call_by_being_in_the_folder() -> None:
    parts = [type(part) for part in Call("Algebra", 0.0).parts]
    assert Counter(parts) == Counter(kinds_of_parts())
    assert QualityPart in parts


OTHERS_MAY: Mapping[Permission, frozenset[Role]] = {}
"""Permissions that not only moderators have; whoever gives one says so here."""


@pytest.mark.parametrize("role", ROLES)
def test_what_is_in_the_table_only_moderators_may(role: Role) -> None:
    assert PERMISSIONS.keys() == set(get_args(Permission))
    moderators = frozenset[Role]({"host", "co_admin"})
    expected = {name: role in OTHERS_MAY.get(name, moderators) for name in PERMISSIONS}
    assert {name: may(role, name) for name in PERMISSIONS} == expected
