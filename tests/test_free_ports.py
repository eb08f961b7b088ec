import socket

import pytest

from tests.ports import LOWEST, first_given_out, free_port

KINDS = [socket.SOCK_STREAM, socket.SOCK_DGRAM]


@pytest.mark.parametrize("kind", KINDS, ids=["tcp", "udp"])
def test_no_client_is_given_the_port_of_a_server_that_is_away(kind: socket.SocketKind) -> None:
    found = [free_port(kind) for _ in range(20)]
    assert len(set(found)) > 1, "another run of the tests would choose the same"
    assert max(found) < max(first_given_out(), LOWEST + 1)


@pytest.mark.parametrize("kind", KINDS, ids=["tcp", "udp"])
def test_a_port_that_somebody_has_is_not_free(
    kind: socket.SocketKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, kind) as server:
        taken = free_port(kind)
        server.bind(("127.0.0.1", taken))
        monkeypatch.setattr("tests.ports.LOWEST", taken)
        monkeypatch.setattr("tests.ports.first_given_out", lambda: taken + 20)
        assert taken not in {free_port(kind) for _ in range(200)}
