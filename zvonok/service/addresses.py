"""IP addresses of this machine."""

import ipaddress

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
