import os
import socket as sockets
import struct
import threading
import time

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from sfu.kernel cimport counters, state
from sfu.kernel.addresses cimport path
from sfu.kernel.allocation cimport allocation_due
from sfu.kernel.engine cimport engine_close, engine_open, engine_receive, engine_tick, engine_woke
from sfu.kernel.events cimport EVENT_CLOSED
from sfu.kernel.fanout cimport fanout_runs, fanout_work
from sfu.kernel.loop cimport command, command_do, loop_close, loop_open, loop_run
from sfu.kernel.memory cimport MAX_PACKETS
from sfu.kernel.outbox cimport outbox_flush
from sfu.kernel.pacing cimport pacing_due
from sfu.kernel.replay cimport replay_due
from sfu.kernel.sessions cimport Sessions
from sfu.kernel.sizes cimport AUDIO_SLOTS, CAMERA, KINDS, PLAN, SOURCES, VIDEO_SLOTS
from sfu.kernel.srtp cimport SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80
from sfu.kernel.state cimport GIVEN_NOTHING, engine, event, slot, source

PROFILE_AES128_CM_SHA1_80 = SRTP_AES128_CM_SHA1_80
PROFILE_AEAD_AES_128_GCM = SRTP_AEAD_AES_128_GCM
EVENT_DTLS, EVENT_CONNECTED, EVENT_LOST, EVENT_SOURCE, EVENT_SPEAKERS = 1, 2, 3, 4, 5
EVENT_MARK, EVENT_HEIGHT, EVENT_GIVEN = 7, 8, 9
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
SO_SNDBUFFORCE = 32
SO_RCVBUFFORCE = 33
IP_PKTINFO = 8

COUNTERS = {
    "packets_received": counters.PACKETS_RECEIVED, "bytes_received": counters.BYTES_RECEIVED,
    "packets_sent": counters.PACKETS_SENT, "bytes_sent": counters.BYTES_SENT,
    "datagrams_sent": counters.DATAGRAMS_SENT, "send_blocked": counters.SEND_BLOCKED,
    "send_failed": counters.SEND_FAILED, "gso_refused": counters.GSO_REFUSED,
    "dropped_garbage": counters.DROPPED_GARBAGE,
    "dropped_unknown_address": counters.DROPPED_UNKNOWN_ADDRESS,
    "dropped_forged": counters.DROPPED_FORGED, "dropped_replayed": counters.DROPPED_REPLAYED,
    "dropped_unknown_ssrc": counters.DROPPED_UNKNOWN_SSRC, "dropped_late": counters.DROPPED_LATE,
    "dropped_duplicate": counters.DROPPED_DUPLICATE, "dropped_gate": counters.DROPPED_GATE,
    "dropped_no_memory": counters.DROPPED_NO_MEMORY, "dropped_jobs": counters.DROPPED_JOBS,
    "dropped_queue": counters.DROPPED_QUEUE, "dropped_events": counters.DROPPED_EVENTS, "dropped_flood": counters.DROPPED_FLOOD,
    "dropped_codec": counters.DROPPED_CODEC,
    "dropped_held": counters.DROPPED_HELD, "dropped_crowded": counters.DROPPED_CROWDED,
    "checks_sent": counters.CHECKS_SENT, "paths_moved": counters.PATHS_MOVED,
    "stun_accepted": counters.STUN_ACCEPTED, "stun_refused": counters.STUN_REFUSED,
    "stun_limited": counters.STUN_LIMITED,
    "stun_reflected": counters.STUN_REFLECTED, "dtls_received": counters.DTLS_RECEIVED,
    "nacks_sent": counters.NACKS_SENT, "nacks_received": counters.NACKS_RECEIVED,
    "retransmitted": counters.RETRANSMITTED, "retransmit_missed": counters.RETRANSMIT_MISSED,
    "repairs_refused_recent": counters.REPAIRS_REFUSED_RECENT, "repairs_refused_late": counters.REPAIRS_REFUSED_LATE,
    "repairs_refused_share": counters.REPAIRS_REFUSED_SHARE,
    "sound_recovered": counters.SOUND_RECOVERED,
    "sound_repeated": counters.SOUND_REPEATED,
    "sound_repaired": counters.SOUND_REPAIRED, "sound_left_out": counters.SOUND_LEFT_OUT,
    "round_trips_reported": counters.ROUND_TRIPS_REPORTED, "round_trips_answered": counters.ROUND_TRIPS_ANSWERED,
    "keyframes_requested": counters.KEYFRAMES_REQUESTED, "feedback_sent": counters.FEEDBACK_SENT,
    "feedback_received": counters.FEEDBACK_RECEIVED, "feedback_refused": counters.FEEDBACK_REFUSED,
    "probes_sent": counters.PROBES_SENT, "slots_cut": counters.SLOTS_CUT,
    "slots_raised": counters.SLOTS_RAISED, "slots_lowered": counters.SLOTS_LOWERED,
    "switches": counters.SWITCHES,
    "replays": counters.REPLAYS,
    "replays_of_stills": counters.REPLAYS_OF_STILLS,
}

LINES = ("viewers", "viewers_counted", "viewers_limited", "slots_limited", "slots_without", "allotted_bits")

cdef int live = 0


def live_objects():
    return live


def _grow(s, option, forced, size):
    """Asks for a buffer; above the system's limit it takes CAP_NET_ADMIN (socket(7))."""
    try:
        s.setsockopt(sockets.SOL_SOCKET, forced, size)
    except PermissionError:
        s.setsockopt(sockets.SOL_SOCKET, option, size)


def _bind(family, address, port, receive_buffer, send_buffer):
    s = sockets.socket(family, sockets.SOCK_DGRAM)
    try:
        s.setblocking(False)
        if family == sockets.AF_INET6:
            s.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, 1)
            s.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_RECVPKTINFO, 1)
        else:
            s.setsockopt(sockets.IPPROTO_IP, IP_PKTINFO, 1)
        _grow(s, sockets.SO_RCVBUF, SO_RCVBUFFORCE, receive_buffer)
        _grow(s, sockets.SO_SNDBUF, SO_SNDBUFFORCE, send_buffer)
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


cdef class Kernel(Sessions):
    cdef object sockets
    cdef object thread
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
        self._open_handles(max_sessions)

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
        # The system doubles what it is asked for, to have room for its own (socket(7)).
        return tuple(min(s.getsockopt(sockets.SOL_SOCKET, option) // 2 for s in self.sockets)
                     for option in (sockets.SO_RCVBUF, sockets.SO_SNDBUF))

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
        elif kind == EVENT_MARK or a in self.open_sessions:
            found.append((kind, a, b, c, data))

    # ── what is counted ──

    def counters(self):
        if self.closed:
            return dict.fromkeys(COUNTERS, 0)
        return {name: self.shared.engine.counters[i] for name, i in COUNTERS.items()}

    def lines(self):
        cdef engine* e = self.shared.engine
        cdef state.session* s
        cdef int i, k
        found = dict.fromkeys(LINES, 0)
        for i in range(0 if self.closed else e.top):
            s = &e.sessions[i]
            if not s.used or not s.showing:
                continue
            found["viewers"] += 1
            found["viewers_counted"] += s.counts
            found["viewers_limited"] += s.wishes > 0
            found["allotted_bits"] += s.allotted
            for k in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
                if s.showing >> k & 1:
                    found["slots_limited"] += bool(s.slots[k].limited)
                    found["slots_without"] += s.slots[k].given == GIVEN_NOTHING
        return found

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
            "estimate": s.estimator.target if s.estimator != NULL and s.estimator.feedback_at else 0,
            "proven": s.estimator.proven if s.may_count else 0,
            "allotted": s.allotted, "wishes": s.wishes, "spare": s.spare, "rtt": s.rtt, "loss": s.loss / 256.0, "sources": found, "slots": self._slots(session)}

    cdef list _slots(self, int session):
        cdef slot* n
        cdef int i
        found = []
        for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
            n = &self.shared.engine.sessions[session].slots[i]
            if n.track >= 0:
                found.append({
                    "slot": i - AUDIO_SLOTS, "given": n.given, "temporal": 0 if n.stills else n.temporal_wanted,
                    "shown": self._shown(session, i),
                    "limited": bool(n.limited), "cost": n.cost})
        return found


    cdef int _shown(self, int session, int i):
        cdef slot* n = &self.shared.engine.sessions[session].slots[i]
        # Between two stills nothing flows.
        if n.source < 0:
            return n.given if n.stills else -1
        return n.source % SOURCES - 1 if n.track % KINDS == CAMERA else 0


cdef class SteppedKernel(Kernel):
    cdef bint full
    cdef bint sliced

    def __init__(self, *, max_sessions=64, int max_packets=MAX_PACKETS):
        self.sockets = []
        self._open_engine(max_sessions)
        self.shared.engine.max_packets = min(max_packets, <int>MAX_PACKETS)
        self.shared.engine.out.captures = True

    cdef void _submit(self, command* n):
        command_do(self.shared.engine, n)
        free(n)
        self._settle()

    cdef void _settle(self):
        cdef engine* e = self.shared.engine
        allocation_due(e)
        fanout_runs(e)
        if self.full or e.out.blocked and not outbox_flush(e):
            e.out.blocked = True
            return
        # A time that has passed long ago: each call does the least that it can.
        while fanout_work(e, 1 if self.sliced else 0) and not self.sliced:
            outbox_flush(e)
        replay_due(e, 1 if self.sliced else 0)
        pacing_due(e, 1 if self.sliced else 0)
        outbox_flush(e)

    def start(self):
        pass

    def receive(self, bytes data, address, int64_t now):
        cdef path from_path
        cdef uint8_t buffer[65536]
        cdef bytes ip
        if len(data) > sizeof(buffer):
            raise ValueError("a datagram of at most 65536 bytes")
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
        engine_woke(self.shared.engine)
        engine_tick(self.shared.engine)
        self._settle()

    def set_socket(self, *, blocked=False, queued=0, buffer=0xFFFFFFFF, results=()):
        cdef int i
        self.full = blocked
        if len(results) > PLAN:
            raise ValueError(f"at most {<int>PLAN} results")
        self.shared.engine.out.planned = 0
        self.shared.engine.out.plan_length = len(results)
        for i in range(len(results)):
            self.shared.engine.out.plan[i] = results[i]
        for i in range(2):
            self.shared.engine.out.queued[i] = queued
            self.shared.engine.out.buffer[i] = buffer

    def set_sliced(self, bint sliced):
        self.sliced = sliced

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
