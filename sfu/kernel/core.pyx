import os
import secrets
import socket as sockets
import struct
import threading
import time
from collections import deque

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from sfu.kernel.engine cimport engine_close, engine_open, engine_receive, engine_tick
from sfu.kernel.events cimport EVENT_CLOSED
from sfu.kernel.forward cimport forward_paced, forward_runs, forward_work
from sfu.kernel.loop cimport (
    ADD_SLOT, CLOSE_SESSION, COMMAND_DATA, EXPECT, OPEN_SESSION, RESTART_ICE, SEND_DTLS,
    SET_EXTENSIONS, SET_GATE, SET_KEYS, SET_MODERATOR, SET_ROOM, SET_SCREEN_AUDIO, SET_SLOT, command,
    command_do, command_push, loop_close, loop_open, loop_run, shared)
from sfu.kernel.outbox cimport outbox_flush
from sfu.kernel cimport state
from sfu.kernel.state cimport (
    AUDIO_SLOTS, KINDS, LAYERS, MAX_ROOMS, SOURCES, VIDEO_SLOTS, engine, event, expectation, path,
    session, source)

PROFILE_AES128_CM_SHA1_80 = 0x0001
PROFILE_AEAD_AES_128_GCM = 0x0007
EVENT_DTLS, EVENT_CONNECTED, EVENT_LOST, EVENT_SOURCE, EVENT_SPEAKERS = 1, 2, 3, 4, 5
KIND_MICROPHONE, KIND_CAMERA, KIND_SCREEN, KIND_SCREEN_AUDIO = 0, 1, 2, 3
Event = tuple[int, int, int, int, bytes]

cdef extern from *:
    """
    #define zv_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
    #define zv_set_stop(p) __atomic_store_n((p), 1, __ATOMIC_RELEASE)
    """
    uint32_t load_acquire "zv_load_acquire"(uint32_t* p)
    void set_stop "zv_set_stop"(int* p)

# Seconds from 1900 to 1970 (RFC 5905 §6)
NTP_EPOCH = 2208988800
UDP_GRO = 104
IP_PKTINFO = 8
KEY_LENGTHS = {PROFILE_AES128_CM_SHA1_80: 30, PROFILE_AEAD_AES_128_GCM: 28}

COUNTERS = {
    "packets_received": state.PACKETS_RECEIVED, "bytes_received": state.BYTES_RECEIVED,
    "packets_sent": state.PACKETS_SENT, "bytes_sent": state.BYTES_SENT,
    "datagrams_sent": state.DATAGRAMS_SENT, "send_blocked": state.SEND_BLOCKED,
    "send_failed": state.SEND_FAILED, "gso_refused": state.GSO_REFUSED,
    "dropped_garbage": state.DROPPED_GARBAGE,
    "dropped_unknown_address": state.DROPPED_UNKNOWN_ADDRESS,
    "dropped_forged": state.DROPPED_FORGED, "dropped_replayed": state.DROPPED_REPLAYED,
    "dropped_unknown_ssrc": state.DROPPED_UNKNOWN_SSRC, "dropped_late": state.DROPPED_LATE,
    "dropped_duplicate": state.DROPPED_DUPLICATE, "dropped_gate": state.DROPPED_GATE,
    "dropped_no_memory": state.DROPPED_NO_MEMORY, "dropped_jobs": state.DROPPED_JOBS,
    "dropped_queue": state.DROPPED_QUEUE, "dropped_events": state.DROPPED_EVENTS, "dropped_flood": state.DROPPED_FLOOD,
    "stun_accepted": state.STUN_ACCEPTED, "stun_refused": state.STUN_REFUSED,
    "stun_limited": state.STUN_LIMITED,
    "stun_reflected": state.STUN_REFLECTED, "dtls_received": state.DTLS_RECEIVED,
    "nacks_sent": state.NACKS_SENT, "nacks_received": state.NACKS_RECEIVED,
    "retransmitted": state.RETRANSMITTED, "retransmit_missed": state.RETRANSMIT_MISSED,
    "keyframes_requested": state.KEYFRAMES_REQUESTED, "feedback_sent": state.FEEDBACK_SENT,
    "switches": state.SWITCHES,
}

cdef int live = 0


def live_objects():
    return live


def _bind(family, address, port, receive_buffer, send_buffer):
    s = sockets.socket(family, sockets.SOCK_DGRAM)
    try:
        s.setblocking(False)
        if family == sockets.AF_INET6:
            s.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, 1)
            s.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_RECVPKTINFO, 1)
        else:
            s.setsockopt(sockets.IPPROTO_IP, IP_PKTINFO, 1)
        s.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
        s.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, send_buffer)
        try:
            s.setsockopt(sockets.IPPROTO_UDP, UDP_GRO, 1)
        except OSError:
            # Kernels before 5.0 deliver each datagram by itself.
            pass
        s.bind((address, port))
    except BaseException:
        s.close()
        raise
    return s


cdef class Kernel:
    cdef shared shared
    cdef object sockets
    cdef object thread
    cdef object free_sessions
    cdef object open_sessions
    cdef dict rooms
    cdef dict room_names
    cdef object free_rooms
    cdef dict room_of
    cdef bint closed
    cdef readonly int port

    def __init__(self, *, port=0, ipv4="0.0.0.0", ipv6="::", max_sessions=2200,
                 receive_buffer=8 << 20, send_buffer=8 << 20, bint gso=True):
        self.sockets = []
        self._open_engine(max_sessions)
        self.shared.engine.gso = gso
        try:
            self._open_sockets(port, ipv4, ipv6, receive_buffer, send_buffer)
        except BaseException:
            self.close()
            raise

    def _open_engine(self, max_sessions):
        global live
        cdef int64_t wall = int((time.time() + NTP_EPOCH - time.monotonic()) * 1_000_000)
        self.shared.sockets[0] = self.shared.sockets[1] = -1
        self.shared.wake = self.shared.tell = self.shared.epoll = -1
        self.shared.engine = engine_open(max_sessions, wall)
        if self.shared.engine == NULL:
            raise MemoryError
        live += 1
        self.free_sessions = deque(range(max_sessions))
        self.open_sessions = set()
        self.rooms = {}
        self.room_names = {}
        self.room_of = {}
        self.free_rooms = list(range(MAX_ROOMS - 1, -1, -1))

    def _open_sockets(self, port, ipv4, ipv6, receive_buffer, send_buffer):
        cdef int error
        if ipv4 is None and ipv6 is None:
            raise ValueError("an IPv4 or an IPv6 address is needed")
        if ipv4 is not None:
            bound = _bind(sockets.AF_INET, ipv4, port, receive_buffer, send_buffer)
            self.sockets.append(bound)
            self.shared.sockets[0] = bound.fileno()
            port = bound.getsockname()[1]
        if ipv6 is not None:
            bound = self._bind_ipv6(ipv6, port, receive_buffer, send_buffer, ipv4 is not None)
            if bound is not None:
                self.sockets.append(bound)
                self.shared.sockets[1] = bound.fileno()
                port = bound.getsockname()[1]
        self.port = port
        self.shared.wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.shared.tell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        error = loop_open(&self.shared)
        if error:
            raise OSError(error, os.strerror(error))

    def _bind_ipv6(self, address, port, receive_buffer, send_buffer, optional):
        try:
            return _bind(sockets.AF_INET6, address, port, receive_buffer, send_buffer)
        except OSError as error:
            # A machine without IPv6 still serves IPv4; a taken port is an error all the same.
            if optional and error.errno in (97, 99):
                return None
            raise

    def start(self):
        if self.thread is None and not self.closed:
            self.thread = threading.Thread(target=self._run, name="kernel", daemon=True)
            self.thread.start()

    def _run(self):
        with nogil:
            loop_run(&self.shared)

    def close(self):
        global live
        if self.closed:
            return
        self.closed = True
        set_stop(&self.shared.stop)
        if self.thread is not None:
            os.eventfd_write(self.shared.wake, 1)
            self.thread.join()
        if self.shared.epoll >= 0:
            loop_close(&self.shared)
        for fd in (self.shared.wake, self.shared.tell):
            if fd >= 0:
                os.close(fd)
        for s in self.sockets:
            s.close()
        engine_close(self.shared.engine)
        self.shared.engine = NULL
        live -= 1

    def __dealloc__(self):
        if self.shared.engine != NULL and not self.closed and self.thread is None:
            engine_close(self.shared.engine)

    def fileno(self):
        return self.shared.tell

    def buffer_sizes(self):
        s = self.sockets[0]
        return (s.getsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF),
                s.getsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF))

    # ── events ──

    def events(self):
        cdef engine* e = self.shared.engine
        cdef event* v
        cdef uint32_t tail
        if self.closed:
            return []
        if self.shared.tell >= 0:
            try:
                os.eventfd_read(self.shared.tell)
            except BlockingIOError:
                pass
        found = []
        tail = load_acquire(&e.events.tail)
        while e.events.head != tail:
            v = &e.events.items[e.events.head % e.events.capacity]
            data = v.data[:v.length] if v.length else b""
            free(v.data)
            self._note(found, v.kind, v.a, v.b, v.c, data)
            e.events.head += 1
        return found

    def _note(self, list found, int kind, int a, int b, int c, bytes data):
        if kind == EVENT_CLOSED:
            # Only now can no event of the old session come any more.
            self.free_sessions.append(a)
        elif kind == EVENT_SPEAKERS:
            if a in self.room_names:
                found.append((kind, self.room_names[a], b, c, data))
        elif a in self.open_sessions:
            found.append((kind, a, b, c, data))

    # ── commands ──

    cdef int _command(self, int operation, int session, long long a=0, long long b=0, long long c=0,
                      long long d=0, bytes data=b"", size_t first=0,
                      expectation* expect=NULL) except -1:
        cdef command* n
        if self.closed:
            raise ValueError("the kernel is closed")
        if len(data) > COMMAND_DATA:
            raise ValueError(f"{len(data)} bytes; at most {COMMAND_DATA}")
        if operation != OPEN_SESSION and session not in self.open_sessions:
            raise ValueError(f"session {session} is not open")
        n = <command*>calloc(1, sizeof(command))
        if n == NULL:
            raise MemoryError
        n.operation, n.session = operation, session
        n.a, n.b, n.c, n.d = a, b, c, d
        n.first, n.length = first, len(data)
        memcpy(n.data, <const uint8_t*>data, len(data))
        if expect != NULL:
            n.expect = expect[0]
        self._submit(n)
        return 0

    cdef void _submit(self, command* n):
        command_push(&self.shared, n)

    cdef int _enter(self, int session, room) except -1:
        if room not in self.rooms:
            if not self.free_rooms:
                raise OverflowError(f"{MAX_ROOMS} rooms are in use")
            self.rooms[room] = [self.free_rooms.pop(), 0]
            self.room_names[self.rooms[room][0]] = room
        self.rooms[room][1] += 1
        self.room_of[session] = room
        return self.rooms[room][0]

    cdef void _go_out(self, int session):
        room = self.room_of.pop(session)
        place = self.rooms[room]
        place[1] -= 1
        if place[1] == 0:
            del self.rooms[room]
            del self.room_names[place[0]]
            self.free_rooms.insert(0, place[0])

    def open_session(self, room, participant, bytes ufrag, bytes password):
        if not 4 <= len(ufrag) <= 32 or not 22 <= len(password) <= 64:
            raise ValueError("a ufrag has 4 to 32 bytes, a password 22 to 64")
        if not 0 < participant < 1 << 30:
            raise ValueError(f"participant {participant}; 1 to {(1 << 30) - 1}")
        if not self.free_sessions:
            raise OverflowError("all sessions are in use")
        session = self.free_sessions.popleft()
        place = self._enter(session, room)
        self.open_sessions.add(session)
        self._command(OPEN_SESSION, session, place, participant, 0, 0, ufrag + password, len(ufrag))
        return session

    def restart_ice(self, int session, bytes ufrag, bytes password):
        if not 4 <= len(ufrag) <= 32 or not 22 <= len(password) <= 64:
            raise ValueError("a ufrag has 4 to 32 bytes, a password 22 to 64")
        self._command(RESTART_ICE, session, 0, 0, 0, 0, ufrag + password, len(ufrag))

    def close_session(self, int session):
        self._command(CLOSE_SESSION, session)
        self.open_sessions.discard(session)
        self._go_out(session)

    def set_room(self, int session, room):
        if session not in self.open_sessions:
            raise ValueError(f"session {session} is not open")
        if self.room_of[session] != room:
            self._go_out(session)
            self._command(SET_ROOM, session, self._enter(session, room))

    def set_moderator(self, int session, bint moderator):
        self._command(SET_MODERATOR, session, moderator)

    def send_dtls(self, int session, bytes datagram):
        self._command(SEND_DTLS, session, 0, 0, 0, 0, datagram)

    def set_keys(self, int session, int profile, bytes inbound, bytes outbound):
        if KEY_LENGTHS.get(profile) != len(inbound) or len(inbound) != len(outbound):
            raise ValueError(f"profile {profile:#06x} with keys of {len(inbound)} and {len(outbound)} bytes")
        self._command(SET_KEYS, session, profile, 0, 0, 0, inbound + outbound, len(inbound))

    def set_extensions(self, int session, *, mid=0, rid=0, repaired_rid=0, audio_level=0,
                       transport_cc=0, abs_send_time=0):
        self._command(SET_EXTENSIONS, session, 0, 0, 0, 0, bytes(
            (mid, rid, repaired_rid, audio_level, transport_cc, abs_send_time)))

    def expect(self, int session, int kind, *, bytes mid, int payload_type, int rtx_payload_type=0,
               int clock_rate=90000, rids=(), ssrcs=(), bint nack=False, bint transport_cc=False,
               bint remb=False):
        cdef expectation x
        cdef int i
        self._check_kind(kind)
        if len(mid) > 16 or len(rids) > LAYERS or len(ssrcs) > LAYERS or any(len(r) > 16 for r in rids):
            raise ValueError(f"at most {LAYERS} layers, names of at most 16 bytes")
        if clock_rate <= 0:
            raise ValueError(f"clock rate {clock_rate}")
        memset(&x, 0, sizeof(x))
        memcpy(x.mid, <const uint8_t*>mid, len(mid))
        x.mid_length = len(mid)
        x.payload_type, x.rtx_payload_type = payload_type, rtx_payload_type
        x.clock_rate = clock_rate
        x.layers = max(len(rids), len(ssrcs), 1)
        for i, rid in enumerate(rids):
            memcpy(x.rids[i], <const uint8_t*>rid, len(rid))
            x.rid_lengths[i] = len(rid)
        for i, (media, rtx) in enumerate(ssrcs):
            x.ssrcs[i], x.rtx_ssrcs[i] = media, rtx
        x.nack, x.transport_cc, x.remb = nack, transport_cc, remb
        self._command(EXPECT, session, kind, 0, 0, 0, b"", 0, &x)

    def set_gate(self, int session, int kind, bint open):
        self._check_kind(kind)
        self._command(SET_GATE, session, kind, open)

    def add_audio_slot(self, int session, int slot, *, uint32_t ssrc, int payload_type):
        if not 0 <= slot < AUDIO_SLOTS:
            raise ValueError(f"audio slot {slot}; 0 to {AUDIO_SLOTS - 1}")
        self._command(ADD_SLOT, session, slot, ssrc, 0, secrets.randbits(32),
                      bytes((payload_type, 0, 0)))

    def add_video_slot(self, int session, int slot, *, uint32_t ssrc, uint32_t rtx_ssrc,
                       int payload_type, int rtx_payload_type):
        self._check_slot(slot)
        self._command(ADD_SLOT, session, AUDIO_SLOTS + slot, ssrc, rtx_ssrc, secrets.randbits(32),
                      bytes((payload_type, rtx_payload_type, 1)))

    def set_slot(self, int session, int slot, int source, int kind, int layer):
        self._check_slot(slot)
        self._check_kind(kind)
        if source not in self.open_sessions:
            raise ValueError(f"session {source} is not open")
        if not 0 <= layer < LAYERS:
            raise ValueError(f"layer {layer}; 0 to {LAYERS - 1}")
        self._command(SET_SLOT, session, AUDIO_SLOTS + slot, source * KINDS + kind, layer)

    def clear_slot(self, int session, int slot):
        self._check_slot(slot)
        self._command(SET_SLOT, session, AUDIO_SLOTS + slot, -1)

    def set_screen_audio(self, room, int session):
        if session >= 0:
            if self.room_of.get(session) != room:
                raise ValueError(f"session {session} is not in this room")
            self._command(SET_SCREEN_AUDIO, session, 1)
            return
        for member, where in self.room_of.items():
            if where == room:
                self._command(SET_SCREEN_AUDIO, member, 0)
                return

    def _check_kind(self, int kind):
        if not 0 <= kind < KINDS:
            raise ValueError(f"kind {kind}; 0 to {KINDS - 1}")

    def _check_slot(self, int slot):
        if not 0 <= slot < VIDEO_SLOTS:
            raise ValueError(f"video slot {slot}; 0 to {VIDEO_SLOTS - 1}")

    # ── what is counted ──

    def counters(self):
        if self.closed:
            return dict.fromkeys(COUNTERS, 0)
        return {name: self.shared.engine.counters[i] for name, i in COUNTERS.items()}

    def session_stats(self, int session):
        cdef state.session* s
        cdef source* n
        cdef int i
        if session not in self.open_sessions:
            raise ValueError(f"session {session} is not open")
        s = &self.shared.engine.sessions[session]
        found = []
        for i in range(SOURCES):
            n = &s.sources[i]
            if n.bound:
                found.append({
                    "kind": n.kind, "layer": n.layer, "ssrc": n.ssrc, "packets": n.packets,
                    "bytes": n.octets, "lost": max(0, n.highest - n.first + 1 - <int64_t>n.packets),
                    "jitter": n.jitter >> 4, "level": int(n.loudness), "keyframes": n.keyframes})
        return {
            "packets_received": s.packets_received, "packets_sent": s.packets_sent,
            "bytes_received": s.bytes_received, "bytes_sent": s.bytes_sent,
            "estimate": s.estimate, "sources": found}


cdef class SteppedKernel(Kernel):
    def __init__(self, *, max_sessions=64):
        self.sockets = []
        self._open_engine(max_sessions)
        self.shared.engine.out.captures = True

    cdef void _submit(self, command* n):
        command_do(self.shared.engine, n)
        free(n)
        self._settle()

    cdef void _settle(self):
        cdef engine* e = self.shared.engine
        forward_runs(e)
        while forward_work(e, 0):
            outbox_flush(e)
        forward_paced(e)
        outbox_flush(e)

    def start(self):
        pass

    def receive(self, bytes data, address, int64_t now):
        cdef path from_path
        cdef uint8_t buffer[2048]
        cdef bytes ip
        if len(data) > sizeof(buffer):
            raise ValueError("a datagram of at most 2048 bytes")
        family = sockets.AF_INET6 if ":" in address[0] else sockets.AF_INET
        ip = sockets.inet_pton(family, address[0])
        memset(&from_path, 0, sizeof(path))
        memcpy(from_path.remote.ip, <const uint8_t*>ip, len(ip))
        from_path.remote.port = address[1]
        from_path.remote.family = 4 if len(ip) == 4 else 6
        memcpy(buffer, <const uint8_t*>data, len(data))
        self.shared.engine.now = now
        engine_receive(self.shared.engine, &from_path, buffer, len(data))
        self._settle()

    def tick(self, int64_t now):
        self.shared.engine.now = now
        engine_tick(self.shared.engine)
        self._settle()

    def sent(self):
        cdef engine* e = self.shared.engine
        found = []
        taken = e.out.captured[:e.out.captured_length] if e.out.captured_length else b""
        e.out.captured_length = 0
        at = 0
        while at < len(taken):
            family, ip, port, length = struct.unpack_from("!B16sHH", taken, at)
            kind = (sockets.AF_INET, ip[:4]) if family == 4 else (sockets.AF_INET6, ip)
            found.append((taken[at + 21:at + 21 + length], (sockets.inet_ntop(*kind), port)))
            at += 21 + length
        return found
