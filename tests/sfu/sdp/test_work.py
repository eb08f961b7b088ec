"""What hostile offers cost: the work grows with the size of an offer and not faster, and answers
stay small. Work is counted in steps of the interpreter, so that no machine's load tells."""

import sys
from types import FrameType
from typing import Any

import pytest

from bench.offers import LINES, Shape, largest, many_formats, shapes
from bench.sdp import negotiate
from sfu.sdp.lines import MAX_LINES
from zvonok.wire.errors import Refusal

MAX_ANSWER = 65536
FEW = 400
"""Lines of a kind; twice as many are within all limits."""
SHAPES = list(shapes())


def outcome(text: str) -> str:
    try:
        return negotiate(text)
    except Refusal as refusal:
        return refusal.body.code


def work(text: str) -> int:
    """Steps of the interpreter for one negotiation."""
    steps = 0

    def step(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal steps
        frame.f_trace_opcodes = True
        steps += event == "opcode"
        return step

    sys.settrace(step)
    try:
        outcome(text)
    finally:
        sys.settrace(None)
    return steps


@pytest.mark.parametrize("place", ["session", "sections"])
@pytest.mark.parametrize("line", LINES, ids=lambda line: line[:32])
def test_twice_the_offer_is_twice_the_work(line: str, place: str) -> None:
    shape = Shape(line, place, 8)
    assert work(shape.text(2 * FEW, factor=2)) < 2.5 * work(shape.text(FEW))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_answers_stay_small(shape: Shape) -> None:
    assert len(outcome(largest(shape.text))) <= MAX_ANSWER


def test_all_payload_types_in_all_sections() -> None:
    text = many_formats()
    assert text.count("\n") > MAX_LINES * 0.9
    assert len(outcome(text)) <= MAX_ANSWER
