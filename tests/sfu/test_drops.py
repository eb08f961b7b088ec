"""What Linux tells of its queues."""

from pathlib import Path

import pytest

from sfu.drops import dropped_in_queues

SNMP = """Ip: Forwarding DefaultTTL
Ip: 1 64
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors
Udp: 12 3 4 56 7 89 0
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors
UdpLite: 0 0 0 0 0 5 0
"""
SNMP6 = """Ip6InReceives                   \t8
Udp6RcvbufErrors                \t3
Udp6SndbufErrors                \t11
UdpLite6SndbufErrors            \t2
"""


def test_both_families_count(tmp_path: Path) -> None:
    (tmp_path / "snmp").write_text(SNMP)
    (tmp_path / "snmp6").write_text(SNMP6)
    assert dropped_in_queues(tmp_path) == 100


def test_without_ipv6_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "snmp").write_text(SNMP)
    assert dropped_in_queues(tmp_path) == 89


@pytest.mark.parametrize("text", ["", "Udp:\n", "Udp: InDatagrams\nUdp: 1\n"])
def test_a_system_that_does_not_tell_counts_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "snmp").write_text(text)
    assert dropped_in_queues(tmp_path) == 0


def test_this_machine_tells() -> None:
    assert "SndbufErrors" in Path("/proc/self/net/snmp").read_text()
