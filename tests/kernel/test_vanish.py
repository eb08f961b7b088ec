"""Viewers whose addresses are gone, and strangers without one: what the others get of it."""

import json
import shutil
from typing import Any

import pytest

from bench import vanish
from tests.rights import NET_ADMIN, SYS_ADMIN, has

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not has(NET_ADMIN, SYS_ADMIN) or shutil.which("ip") is None,
        reason="network namespaces need root's rights and iproute2",
    ),
]


def lost(result: dict[str, Any]) -> tuple[int, int]:
    return result["after"]["sound_lost"], result["after"]["picture_lost"]


@pytest.mark.parametrize(
    ("buffer", "protocol"),
    [(vanish.GRANTED, vanish.IPV4), (vanish.DEBIAN, vanish.IPV4), (vanish.DEBIAN, vanish.IPV6)],
)
def test_half_a_class_vanishes_and_the_others_lose_nothing(
    buffer: int, protocol: vanish.Protocol
) -> None:
    result = vanish.run(vanishing=30, buffer=buffer, protocol=protocol, before=0.5, after=9.0)
    assert result["after"]["sound_sent"] == 30 * 450
    # As text: of a dictionary pytest tells only the beginning.
    assert lost(result) == (0, 0), json.dumps(result)


def test_strangers_without_an_address_cost_the_class_nothing() -> None:
    """400 plain requests a second; their answers wait for ARP in the one buffer."""
    result = vanish.run(strangers=True, buffer=vanish.DEBIAN, before=0.5, after=5.0)
    assert lost(result) == (0, 0), json.dumps(result)
    assert result["counters"]["dropped_crowded"] > 0
