"""Gates, slots, layers, shared sound, and viewers without a view of their own."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.inbox import dispatch
from sfu.kernel.core import EVENT_GIVEN, EVENT_HEIGHT
from sfu.room import SWITCH_AFTER
from sfu.views import HOLD
from tests.sfu import offers
from tests.sfu.stage import Stage, tile
from zvonok.wire.bus import Tile
from zvonok.wire.ids import KINDS

CAMERA, SCREEN = 1, 2


def slots(stage: Stage) -> list[tuple[object, ...]]:
    """Without what decides who comes first."""
    taken = stage.kernel.take("set_slot", "clear_slot")
    return [tuple(part for part in entry if not isinstance(part, dict)) for entry in taken]


def test_gates_follow_what_is_open() -> None:
    stage = Stage()
    stage.want(1, open=["microphone"])
    stage.want(1, open=["camera", "screen"])
    gates = stage.kernel.take("set_gate")
    assert gates[0] == ("set_gate", 0, 0, True)
    assert sorted(gates[1:]) == [
        ("set_gate", 0, 0, False),
        ("set_gate", 0, 1, True),
        ("set_gate", 0, 2, True),
    ]


def test_gate_of_a_source_that_was_not_negotiated() -> None:
    stage = Stage()
    stage.want(1, offer=offers.whip(), open=["screen"])
    assert stage.kernel.take("set_gate") == []


def test_view_is_forwarded_in_the_layer_of_its_height() -> None:
    stage = Stage()
    stage.want(1, open=["camera", "screen"])
    stage.want(2, view=[tile(0, 1, 180), tile(8, 1, 1080, "screen")])
    assert slots(stage) == [("set_slot", 1, 0, 0, CAMERA, 0), ("set_slot", 1, 8, 0, SCREEN, 0)]
    stage.want(2, view=[tile(0, 1, 720)])
    assert slots(stage) == [("clear_slot", 1, 8), ("set_slot", 1, 0, 0, CAMERA, 2)]
    stage.want(2, open=["microphone"])
    assert slots(stage) == []


def test_layers_without_telling_names_are_chosen_by_their_real_heights() -> None:
    """A sender may list its largest layer first, which most do that are no browser."""
    stage = Stage()
    rids = ("a=rid:hi send", "a=rid:mid send", "a=rid:lo send", "a=simulcast:send hi;mid;lo")
    stage.want(1, offer=offers.Draft().video("sendonly", *rids).text(), open=["camera"])
    stage.want(2, view=[tile(0, 1, 180)])
    assert slots(stage) == [("set_slot", 1, 0, 0, CAMERA, 0)]
    stage.engine.set_height(0, CAMERA, 3, 90, stage.now)
    assert slots(stage) == []
    for layer, height in enumerate((720, 360, 180)):
        stage.engine.set_height(0, CAMERA, layer, height, stage.now)
    assert slots(stage)[-1] == ("set_slot", 1, 0, 0, CAMERA, 2)
    stage.want(2, view=[tile(0, 1, 720)])
    assert slots(stage) == [("set_slot", 1, 0, 0, CAMERA, 0)]
    stage.engine.set_height(0, CAMERA, 3, 90, stage.now)
    stage.engine.set_height(0, SCREEN, 0, 90, stage.now)
    stage.engine.set_height(7, CAMERA, 0, 90, stage.now)
    assert slots(stage) == []


def test_the_kernel_tells_heights() -> None:
    stage = Stage()
    group = ("a=ssrc-group:SIM 1 2",)
    stage.want(1, offer=offers.Draft().video("sendonly", *group).text(), open=["camera"])
    stage.want(2, view=[tile(0, 1, 1080)])
    assert slots(stage) == [("set_slot", 1, 0, 0, CAMERA, 1)]
    for layer, height in ((1, b"\xb4\x00"), (0, b"\xd0\x02")):
        dispatch(stage.engine, (EVENT_HEIGHT, 0, CAMERA, layer, height), stage.now)
    assert slots(stage)[-1] == ("set_slot", 1, 0, 0, CAMERA, 0)


def test_a_layer_that_never_came_is_not_waited_for() -> None:
    """libwebrtc leaves the smallest out when the picture is small."""
    stage = Stage()
    rids = ("a=rid:hi send", "a=rid:mid send", "a=rid:lo send", "a=simulcast:send hi;mid;lo")
    stage.want(1, offer=offers.Draft().video("sendonly", *rids).text(), open=["camera"])
    stage.want(2, view=[tile(0, 1, 1080)])
    assert slots(stage) == [("set_slot", 1, 0, 0, CAMERA, 2)]
    stage.engine.set_height(0, CAMERA, 1, 240, stage.now)
    stage.engine.set_height(0, CAMERA, 0, 480, stage.now)
    assert slots(stage)[-1] == ("set_slot", 1, 0, 0, CAMERA, 0)


def test_our_own_layers_are_known_by_name() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1, 180)])
    assert slots(stage) == [("set_slot", 1, 0, 0, CAMERA, 0)]
    for layer, height in ((0, 120), (2, 400)):
        stage.engine.set_height(0, CAMERA, layer, height, stage.now)
    assert slots(stage) == []


def test_view_waits_for_its_source() -> None:
    stage = Stage()
    stage.want(2, view=[tile(0, 1)])
    assert slots(stage) == []
    stage.want(1)
    stage.want(1, open=["camera"])
    assert slots(stage) == [("set_slot", 0, 0, 1, CAMERA, 2)]
    stage.want(1, open=[])
    assert slots(stage) == [("clear_slot", 0, 0)]
    stage.want(1, open=["camera"])
    stage.kernel.take()
    stage.leave(1)
    assert ("clear_slot", 0, 0) in stage.kernel.log
    assert stage.kernel.log.index(("clear_slot", 0, 0)) < stage.kernel.log.index(
        ("close_session", 1)
    )


def test_whoever_turns_away_leaves_the_others_watching() -> None:
    stage = Stage()
    stage.want(1)
    for viewer in (2, 3):
        stage.want(viewer, view=[tile(0, 8), tile(1, 1)])
    stage.want(2, view=[])
    stage.kernel.take()
    stage.want(1, open=["camera"])
    assert slots(stage) == [("set_slot", 2, 1, 0, CAMERA, 2)]


def test_another_persons_tile_is_judged_anew() -> None:
    """Only a picture that is on show is kept although its tile wavers."""
    stage = Stage()
    for participant in (1, 2):
        stage.want(participant, open=["camera"])
    stage.want(3, view=[tile(0, 1, 226)])
    stage.want(3, view=[tile(0, 1, 220)])
    assert slots(stage) == [("set_slot", 2, 0, 0, CAMERA, 1)]
    stage.want(3, view=[tile(0, 2, 220)])
    assert slots(stage) == [("set_slot", 2, 0, 1, CAMERA, 0)]


def test_nothing_is_remembered_of_who_left() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1), tile(1, 7)])
    stage.want(3, view=[tile(0, 1)])
    stage.want(3, view=[])
    follower(stage)
    for participant in (2, 9):
        stage.leave(participant)
    stage.pass_time(HOLD)
    room = stage.engine._rooms["c"]
    assert (room._watchers, room._followers, room._unsettled) == ({}, set(), set())


def test_source_that_comes_back_is_shown_again() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1)])
    slots(stage)
    stage.want(1, offer=offers.browser("ABCD", ":".join(["CD"] * 32)))
    assert slots(stage) == [("clear_slot", 1, 0), ("set_slot", 1, 0, 0, CAMERA, 2)]


def test_nobody_is_shown_himself_or_in_a_slot_that_is_not_there() -> None:
    stage = Stage()
    stage.want(1, open=["camera"], view=[tile(0, 1)])
    stage.want(2, offer=offers.whep(), view=[tile(1, 1)])
    assert slots(stage) == []


def test_only_layers_on_show_are_asked_for() -> None:
    stage = Stage()
    stage.want(1, open=["camera", "screen"])
    assert asked(stage)["s1"] == ([], False)
    stage.want(2, view=[tile(0, 1, 180)])
    stage.want(3, view=[tile(0, 1, 720), tile(1, 1, 720, "screen")])
    assert asked(stage)["s1"] == (["q", "f"], True)
    stage.want(3, view=[])
    assert asked(stage)["s1"] == (["q", "f"], True)
    stage.pass_time(HOLD + 0.1)
    assert asked(stage)["s1"] == (["q"], False)
    stage.leave(2)
    stage.pass_time(HOLD + 0.1)
    assert asked(stage)["s1"] == ([], False)


def test_layers_are_let_go_although_the_clock_looks_more_often() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1)])
    stage.want(2, view=[])
    for _ in range(2):
        stage.pass_time(HOLD * 0.6)
    assert asked(stage)["s1"] == ([], False)


def test_a_page_turned_back_at_once_is_not_noticed_by_the_publisher() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1)])
    before = stage.actual["s1"]
    stage.want(2, view=[])
    stage.pass_time(HOLD / 2)
    stage.want(2, view=[tile(0, 1)])
    stage.pass_time(HOLD * 2)
    assert stage.actual["s1"] is before


def test_layer_change_overlaps() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1, 180)])
    stage.want(2, view=[tile(0, 1, 720)])
    assert stage.actual["s1"].camera_layers == ["q", "f"]
    stage.pass_time(HOLD + 0.1)
    assert stage.actual["s1"].camera_layers == ["f"]


def test_other_rooms_sources_are_not_shown() -> None:
    stage = Stage()
    stage.want(1, call="a", open=["camera", "screen_audio"])
    stage.want(2, call="b", view=[tile(0, 1)])
    assert slots(stage) == []


def test_shared_sound_has_one_owner() -> None:
    stage = Stage()
    stage.want(1, open=["microphone", "camera", "screen"])
    assert [e for e in stage.kernel.log if e[0] == "set_screen_audio"] == []
    stage.want(1, open=["screen_audio"])
    stage.want(2, open=["screen_audio"])
    stage.want(1, open=[])
    stage.leave(2)
    assert stage.kernel.take("set_screen_audio") == [
        ("set_screen_audio", 1, 0),
        ("set_screen_audio", 1, 1),
        ("set_screen_audio", 1, -1),
    ]


def follower(stage: Stage) -> None:
    stage.want(9, offer=offers.whep(), view=None)


def test_follower_is_shown_a_camera_then_the_screen_then_the_speaker() -> None:
    stage = Stage()
    follower(stage)
    stage.want(1, open=["camera"])
    assert slots(stage) == [("set_slot", 0, 0, 1, CAMERA, 2)]
    stage.want(2, open=["camera", "screen"])
    assert slots(stage) == [("set_slot", 0, 0, 2, SCREEN, 0)]
    stage.speak(2)
    stage.want(2, open=["camera"])
    assert slots(stage)[-1] == ("set_slot", 0, 0, 2, CAMERA, 2)


def test_follower_changes_to_who_speaks_for_a_while() -> None:
    stage = Stage()
    for participant in (1, 2):
        stage.want(participant, open=["camera"])
    follower(stage)
    assert slots(stage) == [("set_slot", 2, 0, 0, CAMERA, 2)]
    stage.speak(1)
    stage.pass_time(SWITCH_AFTER / 2)
    stage.speak(0)
    stage.pass_time(SWITCH_AFTER)
    assert slots(stage) == []
    stage.speak(1, 0)
    assert slots(stage) == [], "counted anew"
    stage.pass_time(SWITCH_AFTER + 0.1)
    assert slots(stage) == [("set_slot", 2, 0, 1, CAMERA, 2)]
    stage.leave(2)
    assert slots(stage)[-1] == ("set_slot", 2, 0, 0, CAMERA, 2)


def test_follower_is_shown_no_microphone() -> None:
    stage = Stage()
    stage.want(1, open=["microphone"])
    stage.want(2, open=["camera"])
    follower(stage)
    assert slots(stage) == [("set_slot", 2, 0, 1, CAMERA, 2)]


def test_follower_keeps_who_spoke_last_while_all_are_silent() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    follower(stage)
    slots(stage)
    for _ in range(3):
        stage.speak()
        stage.pass_time(SWITCH_AFTER)
    assert slots(stage) == []


def test_follower_does_not_change_at_the_first_word() -> None:
    stage = Stage()
    stage.now = 100.0
    for participant in (1, 2):
        stage.want(participant, open=["camera"])
    follower(stage)
    slots(stage)
    stage.speak(1)
    stage.pass_time(SWITCH_AFTER / 2)
    assert slots(stage) == []


def test_follower_joins_late_and_leaves() -> None:
    stage = Stage()
    stage.want(1, open=["screen"])
    follower(stage)
    assert slots(stage) == [("set_slot", 1, 0, 0, SCREEN, 0)]
    assert stage.actual["s1"].screen_shown
    stage.leave(9)
    stage.pass_time(HOLD + 0.1)
    assert not stage.actual["s1"].screen_shown


PARTICIPANT = st.integers(1, 4)
STEP = st.one_of(
    st.tuples(st.just("open"), PARTICIPANT, st.sets(st.sampled_from(KINDS))),
    st.tuples(
        st.just("view"),
        PARTICIPANT,
        st.lists(
            st.builds(
                tile,
                st.integers(0, 3),
                PARTICIPANT,
                st.sampled_from([90, 360, 720]),
                st.sampled_from(["camera", "screen"]),
            ),
            max_size=4,
        ),
    ),
    st.tuples(st.just("renew"), PARTICIPANT, st.sampled_from(["AB", "CD", "EF"])),
    st.tuples(st.just("leave"), PARTICIPANT, st.none()),
    st.tuples(st.just("wait"), PARTICIPANT, st.floats(0, 1)),
)


@settings(max_examples=60)
@given(st.lists(STEP, max_size=25))
def test_after_any_history_the_kernel_does_what_is_wanted(
    steps: list[tuple[str, int, object]],
) -> None:
    """The state built step by step is the state a fresh engine reaches at once."""
    stage = Stage()
    for step, participant, value in steps:
        match step:
            case "open":
                stage.want(participant, open=sorted(value))  # type: ignore[call-overload]
            case "view":
                stage.want(participant, view=value)
            case "renew":
                stage.want(participant, offer=offers.browser("ABCD", ":".join([str(value)] * 32)))
            case "leave":
                stage.leave(participant)
                stage.wanted.pop(f"s{participant}", None)
            case _:
                assert isinstance(value, float)
                stage.pass_time(value)
    stage.pass_time(HOLD + 0.1)
    fresh = Stage()
    for name, wanted in stage.wanted.items():
        fresh.engine.want("c", wanted, stage.offers[name], None, 0.0)
    fresh.settle()
    fresh.pass_time(HOLD + 0.1)
    assert shown(stage) == shown(fresh)
    assert asked(stage) == asked(fresh)


def shown(stage: Stage) -> dict[tuple[int, int], tuple[object, ...]]:
    """(participant, slot) → (participant, kind), replayed from the commands."""
    people: dict[int, int] = {}
    table: dict[tuple[int, int], tuple[object, ...]] = {}
    for name, handle, *rest in stage.kernel.log:
        match name:
            case "open_session":
                people[handle] = rest[1]
            case "close_session":
                gone = people[handle]
                table = {k: v for k, v in table.items() if k[0] != gone}
                assert all(v[0] != gone for v in table.values())
            case "set_slot":
                slot, source, kind, layer, _ = rest
                table[people[handle], slot] = (people[source], kind, layer)
            case "clear_slot":
                del table[people[handle], rest[0]]
    return table


def asked(stage: Stage) -> dict[str, tuple[list[str], bool]]:
    return {
        name: (list(actual.camera_layers), actual.screen_shown)
        for name, actual in stage.actual.items()
    }


# ── what a viewer's line bears ──


def camera_layers(stage: Stage) -> list[str]:
    return list(stage.actual["s1"].camera_layers)


def test_publishers_are_asked_for_what_viewers_are_given() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1, 720)])
    assert camera_layers(stage) == ["f"]
    for layer, asked_for in ((0, ["q"]), (-1, [])):
        dispatch(stage.engine, (EVENT_GIVEN, 1, 0, layer, b"\2"), stage.now)
        stage.settle()
        assert "f" in camera_layers(stage) or layer < 0, "the picture goes on until the other comes"
        stage.pass_time(HOLD + 0.1)
        assert camera_layers(stage) == asked_for
    stage.engine.set_given(1, 0, 2, stage.now)
    stage.settle()
    assert camera_layers(stage) == ["f"]


def test_what_is_given_to_a_slot_that_is_empty_or_of_nobody_changes_nothing() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1, 720)])
    for slot in (1, 24):
        stage.engine.set_given(1, slot, 0, stage.now)
    stage.engine.set_given(99, 0, 0, stage.now)
    stage.pass_time(HOLD + 0.1)
    assert camera_layers(stage) == ["f"]
    stage.want(2, view=[])
    stage.engine.set_given(1, 0, 1, stage.now)
    stage.pass_time(HOLD + 0.1)
    assert camera_layers(stage) == []


def test_few_frames_are_a_lower_temporal_layer_of_the_same_picture() -> None:
    stage = Stage()
    stage.want(1, open=["screen"])
    stage.want(2, view=[Tile(8, 1, "screen", 1080, "few")])
    [(*slot, options)] = stage.kernel.take("set_slot", "clear_slot")
    assert slot == ["set_slot", 1, 8, 0, SCREEN, 0]
    assert options["temporal"] == 0
    stage.want(2, view=[tile(8, 1, 1080, "screen")])
    [(*slot, options)] = stage.kernel.take("set_slot", "clear_slot")
    assert slot == ["set_slot", 1, 8, 0, SCREEN, 0]
    assert options["temporal"] == 2
