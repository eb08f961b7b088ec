"""IP addresses of this machine."""

import ipaddress
from collections.abc import Sequence

import ifaddr


def parse_addresses(text: str) -> tuple[str, ...]:
    """Comma-separated IP addresses. Raises ValueError."""
    parts = [part.strip() for part in text.split(",")]
    return tuple(str(ipaddress.ip_address(part)) for part in parts if part)


def machine_addresses() -> tuple[str, ...]:
    """Every address a peer may reach this machine at: IPv4, IPv6, then loopback.

    Link-local addresses are left out: they mean nothing without an interface name.
    """
    found = {
        ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    }
    usable = (address for address in found if not address.is_link_local)
    order = sorted(usable, key=lambda a: (a.is_loopback, a.version, a.packed))
    return tuple(str(address) for address in order)


def reachable_addresses(public_addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The machine's addresses and those the operator added, the latter first, none twice."""
    return tuple(dict.fromkeys((*public_addresses, *machine_addresses())))


def shown_addresses(addresses: Sequence[str]) -> list[str]:
    """Those another machine may use: not loopback, and IPv4 where there is any."""
    parsed = [ipaddress.ip_address(address) for address in addresses]
    outside = [address for address in parsed if not address.is_loopback]
    short = [address for address in outside if address.version == 4]
    return [str(address) for address in short or outside]


def https_origin(address: str, port: int) -> str:
    return f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"
