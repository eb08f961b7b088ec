"""The media kernel as Python sees it: one UDP port, one thread that holds no GIL.

Commands are queued to the kernel thread and take effect within a turn of its loop; nothing blocks.
Events are drained in batches when `fileno()` becomes readable. Handles of sessions are small
integers, reused only after `close_session`.
"""

from typing import Final, TypedDict

PROFILE_AES128_CM_SHA1_80: Final = 0x0001
PROFILE_AEAD_AES_128_GCM: Final = 0x0007

EVENT_DTLS: Final = 1
"""(EVENT_DTLS, session, a, b, datagram): from an address that passed an authenticated check; a
and b are its first eight bytes, of IPv4 all four and zeros."""
EVENT_CONNECTED: Final = 2
"""(EVENT_CONNECTED, session, 0, 0, b""): the first authentic check arrived, or the first authentic
packet after EVENT_LOST."""
EVENT_LOST: Final = 3
"""(EVENT_LOST, session, 0, 0, b""): no check, SRTP or SRTCP that is authentic for 30 s."""
EVENT_SOURCE: Final = 4
"""(EVENT_SOURCE, session, kind, layers, b""): which layers of a source arrive now (bit mask)."""
EVENT_SPEAKERS: Final = 5
"""(EVENT_SPEAKERS, room, 0, 0, sessions as little-endian uint32): the loudest first."""
EVENT_MARK: Final = 7
"""(EVENT_MARK, 0, 0, 0, b""): every command before `mark` has taken effect."""
EVENT_HEIGHT: Final = 8
"""(EVENT_HEIGHT, session, kind, layer, lines as a little-endian uint16): pictures have this height
from now on. At most once a second for each layer."""

EVENT_GIVEN: Final = 9
"""(EVENT_GIVEN, session, slot, layer, temporal layer as a byte): what a video slot is given of
what it wants, −1: nothing, because the viewer's line bears no more."""

Event = tuple[int, int, int, int, bytes]

KIND_MICROPHONE: Final = 0
KIND_CAMERA: Final = 1
KIND_SCREEN: Final = 2
KIND_SCREEN_AUDIO: Final = 3

class SourceStats(TypedDict):
    kind: int
    layer: int
    ssrc: int
    packets: int
    bytes: int
    lost: int
    jitter: int
    level: int
    keyframes: int

class SlotStats(TypedDict):
    slot: int
    given: int
    """Layer; −1: none, −2: not decided yet."""
    temporal: int
    shown: int
    """The layer that flows, or of which stills come; −1: none."""
    limited: bool
    """It would get more if the viewer's line bore more."""
    cost: int
    """Bits per second that what is given takes now."""

class SessionStats(TypedDict):
    packets_received: int
    packets_sent: int
    bytes_received: int
    bytes_sent: int
    estimate: int
    """Bits per second that the viewer's line bears; 0: not known."""
    proven: int
    """Bits per second that it was seen to bear: `estimate` grows by itself while less is used, and
    falls far when the line is full for a moment. 0: not known."""
    allotted: int
    """Bits per second of it that are given out, with what is set aside for sound."""
    wishes: int
    """Bits per second that would let a slot have more; 0: all have what they want."""
    spare: int
    """Bits per second that are left of what may be given out; less than 0: what is given takes
    more."""
    rtt: int
    """The round trip in µs; 0 while it is unknown."""
    loss: float
    """Which part of what it was sent got lost, 0 to 1, by its last reports."""
    slots: list[SlotStats]
    sources: list[SourceStats]

class Kernel:
    port: int
    """The UDP port that was bound."""

    def __init__(
        self,
        *,
        port: int = 0,
        ipv4: str | None = "0.0.0.0",
        ipv6: str | None = "::",
        max_sessions: int = 2200,
        receive_buffer: int = 8 << 20,
        send_buffer: int = 8 << 20,
        gso: bool = True,
    ) -> None:
        """Binds the port on the given addresses. Without `gso` each packet is a datagram.

        Raises OSError when the port is taken, ValueError for a bad address.
        """
    def start(self) -> None: ...
    def close(self) -> None:
        """Stops the thread and frees everything. May be called twice."""
    def fileno(self) -> int:
        """An eventfd that is readable while events wait."""
    def events(self) -> list[Event]: ...
    def buffer_sizes(self) -> tuple[int, int]:
        """Receive and send buffer in bytes as the system granted them, of the smallest socket. To
        be compared with what was asked for; the system counts twice as much."""
    def open_session(self, room: int, participant: int, ufrag: bytes, password: bytes) -> int:
        """A peer in `room` that may now send STUN checks with these local ICE credentials.

        Raises ValueError for credentials of a wrong length, OverflowError when all handles are
        in use.
        """
    def restart_ice(self, session: int, ufrag: bytes, password: bytes) -> None:
        """New local credentials; the previous ones stay valid beside them (RFC 8445 §9)."""
    def set_peer(self, session: int, ufrag: bytes, password: bytes) -> None:
        """The peer's own credentials. With them it is asked whether it is where it seems to be; a
        peer that answers is never taken for silent.

        Raises ValueError when one is empty or longer than 256 bytes (RFC 8839 §5.4).
        """
    def close_session(self, session: int) -> None: ...
    def set_room(self, session: int, room: int) -> None: ...
    def set_moderator(self, session: int, moderator: bool) -> None:
        """Moderators have priority among the speakers."""
    def send_dtls(self, session: int, datagram: bytes) -> None:
        """Sends to the session's current address; dropped when there is none."""
    def set_keys(self, session: int, profile: int, inbound: bytes, outbound: bytes) -> None:
        """SRTP master keys: `inbound` decrypts what the peer sends; key then salt.

        28 bytes for AEAD_AES_128_GCM (16 + 12), 30 for AES128_CM_SHA1_80 (16 + 14).
        """
    def set_extensions(
        self,
        session: int,
        *,
        mid: int = 0,
        rid: int = 0,
        repaired_rid: int = 0,
        audio_level: int = 0,
        transport_cc: int = 0,
        abs_send_time: int = 0,
    ) -> None:
        """Header extension ids of this session's negotiation, both directions; 0: absent."""
    def expect(
        self,
        session: int,
        kind: int,
        *,
        mid: bytes,
        payload_type: int,
        rtx_payload_type: int = 0,
        red_payload_type: int = 0,
        clock_rate: int = 90000,
        rids: tuple[bytes, ...] = (),
        ssrcs: tuple[tuple[int, int], ...] = (),
        nack: bool = False,
        transport_cc: bool = False,
        remb: bool = False,
    ) -> None:
        """A source the peer may send. Layer i is told by `rids[i]`, or by `ssrcs[i]`
        (media, RTX; 0: none), or, with one layer, by the MID alone."""
    def set_gate(self, session: int, kind: int, open: bool) -> None:
        """A closed gate: packets are received and counted but never forwarded."""
    def set_leaner(self, session: int, kind: int, layer: int) -> None:
        """The publisher is asked for less of a layer: what it cost until now is soon no measure."""
    def add_audio_slot(
        self,
        session: int,
        slot: int,
        *,
        ssrc: int,
        payload_type: int,
        red_payload_type: int = 0,
        transport_cc: bool = False,
    ) -> None:
        """Slots 0–2 carry the room's speakers, 3 the sound of the shared screen. With RED
        (RFC 2198) packets may carry earlier frames; `transport_cc`: its viewer tells when each
        packet arrived."""
    def add_video_slot(
        self,
        session: int,
        slot: int,
        *,
        ssrc: int,
        rtx_ssrc: int,
        payload_type: int,
        rtx_payload_type: int,
        transport_cc: bool = False,
    ) -> None: ...
    def set_slot(
        self,
        session: int,
        slot: int,
        source: int,
        kind: int,
        layer: int,
        *,
        height: int = 0,
        temporal: int = 2,
    ) -> None:
        """Video slot `slot` of `session` shows `kind` of session `source` in `layer` (0 the
        smallest) or in a smaller one, as the viewer's line bears it; while that layer does not
        arrive, in the nearest that does. `height` of the tile decides who comes first;
        `temporal`: the highest temporal layer that is wanted."""
    def clear_slot(self, session: int, slot: int) -> None: ...
    def set_screen_audio(self, room: int, session: int) -> None:
        """Whose screen sound slot 3 carries in this room; −1: nobody's."""
    def mark(self) -> None:
        """Asks for one EVENT_MARK, once the commands given so far have taken effect; the next
        may be asked for when it has come."""
    def counters(self) -> dict[str, int]:
        """Packets, bytes, drops by reason and errors since the start, by metric name."""
    def lines(self) -> dict[str, int]:
        """What viewers' lines bear, of all together: `viewers` that show something, of these those
        whose packets are counted and those limited by their line; slots that get less than they
        want and those that get nothing; bits per second that are given out."""
    def session_stats(self, session: int) -> SessionStats: ...

class SteppedKernel(Kernel):
    """The same state machine without thread, sockets or clock: tests give the time.

    Commands take effect at once.
    """

    def __init__(self, *, max_sessions: int = 64, max_packets: int = ...) -> None:
        """`max_packets`: of all sessions, at one time; as many as the other has or fewer."""
    def receive(self, data: bytes, address: tuple[str, int], now: int) -> None:
        """A datagram from this address at `now` (µs); what follows from it is done to the end."""
    def tick(self, now: int) -> None:
        """Time has passed; call it in steps of 10 ms."""
    def set_socket(
        self,
        *,
        blocked: bool = False,
        queued: int = 0,
        buffer: int = 0xFFFFFFFF,
        results: tuple[int, ...] = (),
    ) -> None:
        """From the next call on the sockets are full, or hold so many bytes unsent of a buffer of
        so many. `results` of handing messages over, at most 16: how many are taken at most, or
        an errno below 0; after them all are."""
    def set_sliced(self, sliced: bool) -> None:
        """Whether a call serves a few viewers only, as the thread does when it has much to do."""
    def sent(self) -> list[tuple[bytes, tuple[str, int]]]:
        """Datagrams that left since the last call."""

def live_objects() -> int:
    """Kernels that are not closed, for leak checks."""
