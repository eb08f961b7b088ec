"""Certificates for as long as the installation runs, whatever addresses the machine gets."""

import asyncio
import datetime
import socket
from collections.abc import Callable

from zvonok.service.addresses import reachable_addresses
from zvonok.service.settings import Settings
from zvonok.up.certificates import Files, ensure_certificates

INTERVAL = 10.0


def current_certificates(settings: Settings) -> tuple[Files, bool]:
    """Certificates for the names and addresses of this moment; whether one had to be made."""
    return ensure_certificates(
        settings.var / "ca",
        _names(socket.gethostname()),
        reachable_addresses(settings.public_addresses),
        datetime.datetime.now(datetime.UTC),
    )


def _names(host: str) -> list[str]:
    """What this machine is called by itself and, over multicast DNS, in its network."""
    plain = host.isascii() and host not in ("", "localhost")
    return ["localhost", *([host, f"{host.partition('.')[0]}.local"] if plain else [])]


async def keep_certificates(
    settings: Settings,
    renewed: Callable[[], None],
    tell: Callable[[str], None],
    interval: float = INTERVAL,
) -> None:
    """Calls `renewed` whenever another certificate had to be made; never returns.

    A laptop moves to another network, or runs for longer than a certificate lives. When none can
    be written, for one because the disk is full, it tells so and tries again.
    """
    while True:
        await asyncio.sleep(interval)
        try:
            _, made = current_certificates(settings)
        except OSError as error:
            tell(f"No certificate for the addresses of this machine could be made: {error}")
            continue
        if made:
            renewed()
