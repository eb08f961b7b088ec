"""Every part of a call, also those that are added later: messages, permissions, kept state."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import get_args

import msgspec
import pytest

from signaling.call.call import Call
from signaling.call.part import Handles
from signaling.call.parts import kinds_of_parts
from signaling.call.parts.quality import QualityPart
from signaling.call.seat import HOLD_SECONDS
from signaling.permissions import PERMISSIONS, Permission, may
from tests.signaling.stage import Stage
from tests.signaling.test_protocol_document import EXAMPLES
from zvonok.wire import client
from zvonok.wire.bus import ActualSession
from zvonok.wire.client import ClientMessage, End, Failed, Join, Leave, Media, Role

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


def held(thing: object, path: str, seen: set[int]) -> Iterator[tuple[str, int]]:
    """How much each container holds that can be reached from here."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, dict | list | set | deque):
        yield path, len(thing)
        things = thing.values() if isinstance(thing, dict) else thing
        for number, value in enumerate(things):
            yield from held(value, f"{path}[{number}]", seen)
    elif type(thing).__module__.startswith("signaling.") and hasattr(thing, "__dict__"):
        for name, value in vars(thing).items():
            yield from held(value, f"{path}.{name}", seen)


def test_nothing_is_left_of_who_left() -> None:
    """Numbers are never given again, so what stays of one stays for the whole call."""
    stage = Stage()
    stage.join("Host", "host")
    stage.wait(2)
    before = dict(held(stage.call, "call", set()))
    for leaves in (True, False):
        socket = stage.join("Somebody", "host", media=Media(camera=True, screen=True), page="page")
        for kind in ClientMessage.__args__:
            if kind not in (Join, Leave, End):
                stage.say(socket, example(kind))
        wanted = stage.call.wanted(stage.session(socket))
        assert wanted is not None
        actual = ActualSession(session=wanted.session, offer_id=wanted.offer_id, answer="a")
        stage.do(stage.call.actual(actual, stage.now, "v=0"))
        if leaves:
            stage.say(socket, Leave())
        else:
            stage.drop(socket, closed=True)
    for grant in ("one", "two"):
        newcomer = stage.newcomer("OBS", grant=grant, kind="publisher")
        stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
        stage.do(stage.call.end_session(newcomer.session, stage.now))
    stage.wait(HOLD_SECONDS + 1)
    assert list(stage.call.seats) == [1]
    assert dict(held(stage.call, "call", set())) == before


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
