"""What the system lets this process do: in most containers root may do less than root may."""

import re
from pathlib import Path

NET_ADMIN, SYS_ADMIN = 12, 21
"""Of linux/capability.h."""
STATUS = Path("/proc/self/status")


def has(*capabilities: int) -> bool:
    """Whether it has all of these (capabilities(7))."""
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)$", STATUS.read_text(), re.MULTILINE)
    assert effective
    return all(int(effective[1], 16) >> number & 1 for number in capabilities)
