"""What the system drops in its own queues after it has taken it."""

from pathlib import Path

NETWORK = Path("/proc/self/net")


def dropped_in_queues(network: Path = NETWORK) -> int:
    """Datagrams, since the machine started, that a queue of its network devices had no room for
    though each send said success; of all programs in this network namespace. 0 where the system
    does not tell (RFC 4113 has no such counter; Linux does)."""
    return _field(network / "snmp", "Udp:", "SndbufErrors") + _named(
        network / "snmp6", "Udp6SndbufErrors"
    )


def _lines(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    except OSError:
        return []


def _field(path: Path, protocol: str, name: str) -> int:
    """One line names the fields, the next one has the values."""
    found = [words for words in _lines(path) if words[:1] == [protocol]]
    if len(found) != 2 or name not in found[0]:
        return 0
    return int(found[1][found[0].index(name)])


def _named(path: Path, name: str) -> int:
    return sum(int(words[1]) for words in _lines(path) if words[:1] == [name])
