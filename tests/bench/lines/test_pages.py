"""Descriptions are led through a relay: one address, in the section that carries all others."""

import pytest

from bench.lines.columns.pages import candidates, port_of

SDP = (
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n"
    "a=candidate:1 1 udp 2113937151 127.0.0.1 4001 typ host\r\n"
    "a=candidate:2 1 UDP 2113937151 10.77.0.1 4002 typ host\r\n"
    "a=end-of-candidates\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n"
    "a=candidate:1 1 udp 2113937151 127.0.0.1 4001 typ host\r\n"
)


def test_the_port_that_belongs_to_an_address() -> None:
    assert port_of(SDP, "127.0.0.1") == 4001
    assert port_of(SDP, "10.77.0.1") == 4002
    with pytest.raises(ValueError, match=r"no candidate of 10\.0\.0\.1"):
        port_of(SDP, "10.0.0.1")


def test_only_the_relay_is_found() -> None:
    told = candidates(SDP, ("127.0.0.1", 9999))
    assert told.count("a=candidate:") == 1
    assert "127.0.0.1 9999 typ host\r\nm=video" in told
    assert "candidate" not in candidates(SDP, None)
