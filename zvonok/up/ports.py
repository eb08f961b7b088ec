"""Whether the ports we are about to use are free."""

import errno
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from zvonok.service.settings import Settings

PATIENCE = 1.0
"""Seconds in which a server that is just ending may let go of its port."""


@dataclass(frozen=True)
class Port:
    """A port on one local address, and the setting that moves it."""

    setting: str
    number: int
    kind: socket.SocketKind
    address: str


def wanted_ports(settings: Settings, *, ipv6: bool) -> list[Port]:
    """Everything that `zvonok up` listens on."""
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    ports = [
        Port("ZVONOK_HTTP_PORT", settings.http_port, tcp, "127.0.0.1"),
        Port("ZVONOK_HTTPS_PORT", settings.https_port, tcp, "0.0.0.0"),
        Port("ZVONOK_MEDIA_PORT", settings.media_port, udp, "0.0.0.0"),
    ]
    if ipv6:
        ports += [
            Port("ZVONOK_HTTP_PORT", settings.http_port, tcp, "::1"),
            Port("ZVONOK_HTTPS_PORT", settings.https_port, tcp, "::"),
            Port("ZVONOK_MEDIA_PORT", settings.media_port, udp, "::"),
        ]
    return ports


def first_problem(ports: Sequence[Port], patience: float = PATIENCE) -> str | None:
    """One line about the first port that cannot be had."""
    give_up = time.monotonic() + patience
    for port in ports:
        while True:
            error = _try_to_bind(port)
            if error is None:
                break
            if time.monotonic() > give_up:
                return _line(port, error)
            time.sleep(0.05)
    return None


def has_ipv6() -> bool:
    """Whether sockets of IPv6 can be bound on this machine."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _line(port: Port, error: OSError) -> str:
    protocol = "TCP" if port.kind == socket.SOCK_STREAM else "UDP"
    what = f"{protocol} port {port.number}"
    if error.errno == errno.EADDRINUSE:
        return f"{what} is taken by another program: stop it or set {port.setting} to a free port."
    return f"{what} cannot be used ({error.strerror}): set {port.setting} to another port."


def _try_to_bind(port: Port) -> OSError | None:
    family = socket.AF_INET6 if ":" in port.address else socket.AF_INET
    with socket.socket(family, port.kind) as probe:
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if port.kind == socket.SOCK_STREAM:
            # Connections of a server that has ended may still wait for their last packets.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.address, port.number))
        except OSError as error:
            return error
    return None
