"""A network of our own, gone with the last process in it: nothing else is in the way of what is
measured, and Janus finds an address in it that is none of loopback."""

import ctypes
import os

from bench.namespaces import CLONE_NEWNET, run


def enter(address: str) -> None:
    """This thread, with all threads and processes that it starts from now on. Raises OSError, and
    PermissionError for who is not root."""
    if os.geteuid() != 0:
        raise PermissionError("only root makes a network of its own")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "zvlines0", "type", "veth", "peer", "name", "zvlines1")
    run("ip", "link", "set", "zvlines0", "up")
    run("ip", "link", "set", "zvlines1", "up")
    run("ip", "address", "add", f"{address}/24", "dev", "zvlines0")
