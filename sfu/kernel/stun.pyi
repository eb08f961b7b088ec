"""STUN as tests and tools see it; the kernel uses the C functions of `stun.pxd`."""

class Message:
    """A STUN message (RFC 8489). Raises ValueError when it is malformed or not STUN."""

    kind: int
    """0: a binding request; 1: a binding indication; 3: a binding success; 2: anything else."""
    transaction: bytes
    username: bytes | None
    has_integrity: bool
    has_fingerprint: bool
    use_candidate: bool
    ice_controlling: bool
    ice_controlled: bool
    priority: int
    unknown_required: int
    """The first unknown comprehension-required attribute; 0: none."""

    def __init__(self, data: bytes) -> None: ...
    def check_integrity(self, password: bytes) -> bool: ...
    def success(self, ip: bytes, port: int, password: bytes) -> bytes:
        """Binding success with XOR-MAPPED-ADDRESS; `ip` in network order."""
    def error(self, code: int, password: bytes | None = None) -> bytes:
        """Binding error 400, 401, 420 or 487; signed when a password is given."""
