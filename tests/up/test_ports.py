import socket
from pathlib import Path

from tests.ports import free_port
from zvonok.service.settings import load
from zvonok.up.ports import Port, first_problem, wanted_ports

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM


def test_free_ports_are_no_problem() -> None:
    number = free_port(TCP)
    ports = [Port("A", number, TCP, "127.0.0.1"), Port("A", number, TCP, "0.0.0.0")]
    assert first_problem(ports, patience=0) is None


def test_a_server_on_one_address_takes_the_port_from_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        line = first_problem([Port("ZVONOK_HTTPS_PORT", number, TCP, "0.0.0.0")], patience=0)
    assert line is not None
    assert line.startswith(f"TCP port {number} is taken")
    assert "ZVONOK_HTTPS_PORT" in line


def test_udp_is_not_tcp() -> None:
    with socket.socket(socket.AF_INET, UDP) as server:
        server.bind(("0.0.0.0", 0))
        number = server.getsockname()[1]
        assert first_problem([Port("A", number, UDP, "0.0.0.0")], patience=0) is not None


def test_an_address_that_is_not_ours_is_said_too() -> None:
    line = first_problem([Port("ZVONOK_HTTP_PORT", 8080, TCP, "203.0.113.1")], patience=0)
    assert line is not None
    assert line.startswith("TCP port 8080 cannot be used")


def test_every_port_of_ours_is_looked_at(tmp_path: Path) -> None:
    settings = load({"ZVONOK_VAR": str(tmp_path)})
    found = {(port.number, port.kind) for port in wanted_ports(settings, ipv6=False)}
    assert found == {(8080, TCP), (8443, TCP), (8081, UDP)}
    assert len(wanted_ports(settings, ipv6=True)) == 6
