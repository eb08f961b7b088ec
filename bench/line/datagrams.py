"""UDP through a line: each client has a socket of his own towards the service."""

import asyncio
import socket
from functools import partial

from .line import DOWN, UP
from .wire import Wire

Address = tuple[str, int]
HEADERS = {socket.AF_INET: 28, socket.AF_INET6: 48}
"""Bytes of IP and UDP."""
AT_ONCE = 64
"""Datagrams of one socket before the others have their turn."""
MOST_CLIENTS = 4096
BUFFER = 4 << 20
LARGEST = 65535


class DatagramRelay:
    """To be closed. The service has to answer whoever it hears from, as all that use UDP through
    a NAT have to."""

    def __init__(self, wire: Wire, service: Address, listen: Address) -> None:
        self._wire = wire
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
        self._headers = HEADERS[self._family]
        self._onward: dict[Address, socket.socket] = {}
        self.failed = 0
        """Datagrams that no socket took."""
        self.socket = _socket(self._family)
        try:
            self.socket.bind(listen)
        except OSError:
            self.socket.close()
            raise
        self._loop.add_reader(self.socket, self._from_clients)

    @property
    def address(self) -> Address:
        host, port = self.socket.getsockname()[:2]
        return host, port

    def close(self) -> None:
        self.change_address()
        self._loop.remove_reader(self.socket)
        self.socket.close()

    def change_address(self) -> None:
        """The service sees each client come from another port from now on, and what it sends to
        the one before is lost, as behind a router that has forgotten him."""
        for onward in self._onward.values():
            self._loop.remove_reader(onward)
            onward.close()
        self._onward.clear()

    def _from_clients(self) -> None:
        for _ in range(AT_ONCE):
            try:
                data, client = self.socket.recvfrom(LARGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # An earlier datagram was refused; this tells of it.
            self._wire.send(UP, len(data) + self._headers, partial(self._to_service, data, client))

    def _to_service(self, data: bytes, client: Address) -> None:
        try:
            onward = self._onward.get(client) or self._open(client)
            onward.send(data)
        except OSError:
            self.failed += 1

    def _open(self, client: Address) -> socket.socket:
        """Raises OSError."""
        if len(self._onward) >= MOST_CLIENTS:
            raise OSError("too many clients")
        onward = _socket(self._family)
        try:
            onward.connect(self._service)
        except OSError:
            onward.close()
            raise
        self._onward[client] = onward
        self._loop.add_reader(onward, self._from_service, onward, client)
        return onward

    def _from_service(self, onward: socket.socket, client: Address) -> None:
        for _ in range(AT_ONCE):
            try:
                data = onward.recv(LARGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # Nobody listens there, or not yet.
            self._wire.send(DOWN, len(data) + self._headers, partial(self._to_client, data, client))

    def _to_client(self, data: bytes, client: Address) -> None:
        try:
            self.socket.sendto(data, client)
        except OSError:
            self.failed += 1


def _socket(family: socket.AddressFamily) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        # As much as the system allows; bursts of pictures are some 100 KB.
        made.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    return made
