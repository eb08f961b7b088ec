"""Errors over HTTP."""

import pytest

from signaling.failures import refused
from zvonok.wire.errors import Refusal


@pytest.mark.parametrize(("seconds", "said"), [(0.01, "1"), (1, "1"), (1.2, "2"), (2, "2")])
def test_who_is_to_come_again_is_told_whole_seconds_that_are_enough(
    seconds: float, said: str
) -> None:
    reply = refused(Refusal(503, "unavailable", "try again", retry_after=seconds))
    assert reply.headers["Retry-After"] == said
