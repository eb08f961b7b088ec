from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memset

from sfu.kernel.bytes cimport store16, store24, store32
from sfu.kernel.counters cimport (
    BYTES_SENT, DATAGRAMS_SENT, DROPPED_CROWDED, DROPPED_HELD, GSO_REFUSED, PACKETS_SENT, SEND_BLOCKED, SEND_FAILED)
from sfu.kernel.line cimport line_sent
from sfu.kernel.redundancy cimport REDUNDANT_ROOM, redundancy_write
from sfu.kernel.sizes cimport (
    AUDIO_SLOTS, HEAD_ROOM, MTU, OUT_ARENA, OUT_MESSAGES, OUT_RESERVE, RUN, SOUND_HELD, TAIL_ROOM)
from sfu.kernel.srtcp cimport srtcp_protect
from sfu.kernel.srtp cimport srtp_protect
from sfu.kernel.state cimport out_message, packet, session as session_state, slot
from sfu.kernel.system cimport (
    EAGAIN, EINVAL, EIO, EMSGSIZE, ENOBUFS, MSG_DONTWAIT, SIOCOUTQ, errno, ioctl, iovec, mmsghdr, msghdr,
    sendmmsg, sockaddr_storage, zv_control, zv_sockaddr)
from sfu.kernel.vp8 cimport vp8_write

cdef enum:
    HEADER_ROOM = 44
    WIRE_ROOM = 1664
    # PKTINFO and the segment size
    CONTROL = 96
    # What the system charges for a message beside its bytes, about
    OVERHEAD = 768
    # Bytes of a datagram that an Ethernet frame takes under IPv6, and that every path takes (RFC 8200
    # §5). The system splits longer datagrams, but joins none.
    FRAME_SEGMENT = 1452
    ANY_SEGMENT = 1232


cdef bint outbox_open(engine* e) noexcept nogil:
    e.out.arena = <uint8_t*>malloc(OUT_ARENA)
    e.out.sockets[0] = e.out.sockets[1] = -1
    e.out.buffer[0] = e.out.buffer[1] = 0xFFFFFFFFu
    return e.out.arena != NULL


cdef void outbox_close(engine* e) noexcept nogil:
    free(e.out.arena)
    free(e.out.captured)
    e.out.arena = e.out.captured = NULL


cdef void look(engine* e, int i) noexcept nogil:
    cdef int unsent = 0
    if e.out.looked[i]:
        return
    e.out.looked[i] = True
    if e.out.sockets[i] >= 0 and ioctl(e.out.sockets[i], SIOCOUTQ, &unsent) == 0:
        e.out.queued[i] = <uint32_t>unsent


cdef bint outbox_has_spare(engine* e, uint8_t family, uint32_t part) noexcept nogil:
    cdef int i = 0 if family == 4 else 1
    # Each message is charged with more than its bytes.
    cdef uint32_t charged = e.out.used + e.out.count * OVERHEAD
    look(e, i)
    if e.out.queued[i] + charged <= e.out.buffer[i] // part:
        return True
    e.counters[DROPPED_CROWDED] += 1
    return False


cdef void outbox_look(engine* e) noexcept nogil:
    e.out.looked[0] = e.out.looked[1] = False


cdef bint outbox_room(engine* e) noexcept nogil:
    if e.out.blocked:
        return False
    if e.out.count + RUN <= OUT_MESSAGES and e.out.used + OUT_RESERVE <= OUT_ARENA:
        return True
    return outbox_flush(e)


cdef out_message* add_message(engine* e, int32_t session, const path* to) noexcept nogil:
    cdef out_message* m = &e.out.messages[e.out.count]
    e.out.count += 1
    m.session = session
    m.sound_since = 0
    m.to = to.remote
    memcpy(m.local, to.local, 16)
    m.interface = to.interface
    m.start = e.out.used
    m.length = 0
    m.segment = 0
    m.segments = 0
    m.open = False
    return m


cdef void outbox_raw(engine* e, const path* to, const uint8_t* data, size_t length) noexcept nogil:
    cdef out_message* m
    if to.remote.family == 0 or length > MTU or not outbox_room(e):
        e.counters[SEND_FAILED] += 1
        return
    m = add_message(e, -1, to)
    memcpy(e.out.arena + m.start, data, length)
    m.length = m.segment = <uint16_t>length
    m.segments = 1
    e.out.used += <uint32_t>length


cdef int write_extensions(engine* e, session_state* v, bint counted, uint32_t size, uint8_t* h) noexcept nogil:
    """abs-send-time (seconds in 6.18 fixed point) and the transport-wide number, as of departure."""
    cdef int at = 4
    if v.id_send_time:
        h[at] = <uint8_t>(v.id_send_time << 4) | 2
        store24(h + at + 1, <uint32_t>(((e.now % 64000000 << 18) // 1000000) & 0xFFFFFF))
        at += 4
    if counted:
        h[at] = <uint8_t>(v.id_transport_cc << 4) | 1
        store16(h + at + 1, line_sent(e, v, size))
        h[at + 3] = 0
        at += 4
    if at == 4:
        return 0
    store16(h, 0xBEDE)
    store16(h + 2, <uint16_t>(at // 4 - 1))
    return at


cdef int write_header(engine* e, int session, const outgoing* o, uint32_t size, uint8_t* h,
                      bint padded) noexcept nogil:
    cdef session_state* v = &e.sessions[session]
    cdef slot* s = &v.slots[o.slot]
    cdef int extensions = write_extensions(e, v, v.counts and s.transport_cc, size, h + 16)
    h[0] = 0x81 | (0x20 if padded else 0) | (0x10 if extensions else 0)
    if o.rtx:
        h[1] = s.rtx_payload_type
        store16(h + 2, <uint16_t>s.rtx_sequence)
        store32(h + 8, s.rtx_ssrc)
    else:
        h[1] = s.red_payload_type if o.slot < AUDIO_SLOTS and o.carried else s.payload_type
        store16(h + 2, <uint16_t>o.sequence)
        store32(h + 8, s.ssrc)
    if o.marker:
        h[1] |= 0x80
    store32(h + 4, o.timestamp)
    store32(h + 12, o.csrc)
    return 16 + extensions


cdef uint8_t* write_payload(const outgoing* o, uint32_t longest, uint32_t* length,
                            bint* padded) noexcept nogil:
    """The payload in its packet's own room, head rewritten, tail padded; returns where it begins."""
    cdef packet* p = o.packet
    cdef uint8_t* at = p.payload
    cdef uint8_t* end = p.payload + p.size
    cdef uint32_t size, padding
    if p.is_vp8:
        at += p.vp8.length
        at -= vp8_write(&p.vp8, o.picture, o.tl0, at)
    if o.rtx:
        at -= 2
        store16(at, <uint16_t>o.sequence)
    size = <uint32_t>(end - at)
    padding = longest - size if longest > size and not o.rtx else 0
    if padding > TAIL_ROOM:
        padding = 0
    if padding:
        memset(end, 0, padding)
        end[padding - 1] = <uint8_t>padding
    length[0] = size + padding
    padded[0] = padding != 0
    return at


cdef void append_segment(engine* e, int session, uint32_t wire, bint sound) noexcept nogil:
    """The packet just written at the arena's end joins the viewer's message or starts another."""
    cdef out_message* m
    if e.out.count:
        m = &e.out.messages[e.out.count - 1]
        if m.session == session and m.open and wire <= m.segment and m.segments < RUN:
            m.open = wire == m.segment
            m.segments += 1
            m.length += wire
            if not sound:
                m.sound_since = 0
            e.out.used += wire
            return
    m = add_message(e, session, &e.sessions[session].current)
    m.length = wire
    m.segment = <uint16_t>wire
    m.segments = 1
    m.sound_since = e.now if sound else 0
    m.open = e.sessions[session].gso and wire <= FRAME_SEGMENT
    e.out.used += wire


cdef void outbox_rtp(engine* e, int session, const outgoing* o, uint32_t longest) noexcept nogil:
    cdef slot* s = &e.sessions[session].slots[o.slot]
    cdef uint8_t header[HEADER_ROOM]
    cdef uint8_t gathered[REDUNDANT_ROOM]
    cdef uint32_t size
    cdef uint8_t* payload
    cdef bint padded = False
    cdef int wire, header_length
    cdef int64_t sequence = s.rtx_sequence if o.rtx else o.sequence
    if o.packet.size == 0 or o.packet.size < o.packet.vp8.length:
        return
    if o.slot < AUDIO_SLOTS and o.carried:
        payload = gathered
        size = <uint32_t>redundancy_write(e, s, o, payload)
    else:
        payload = write_payload(o, longest, &size, &padded)
    header_length = write_header(e, session, o, size, header, padded)
    wire = srtp_protect(&e.sessions[session].outbound, header, header_length, payload, size,
                        <uint32_t>(sequence >> 16), e.out.arena + e.out.used, WIRE_ROOM)
    if wire < 0:
        e.counters[SEND_FAILED] += 1
        return
    if o.rtx:
        s.rtx_sequence += 1
    elif o.sequence > s.departed:
        s.departed = o.sequence
    s.packets += 1
    s.octets += size
    s.last_sent = e.now
    e.sessions[session].packets_sent += 1
    e.sessions[session].bytes_sent += wire
    append_segment(e, session, <uint32_t>wire, o.slot < AUDIO_SLOTS)


cdef void outbox_padding(engine* e, int session, int slot_index, uint8_t size) noexcept nogil:
    cdef session_state* v = &e.sessions[session]
    cdef slot* s = &v.slots[slot_index]
    cdef uint8_t header[HEADER_ROOM]
    cdef uint8_t padding[255]
    cdef int extensions = write_extensions(e, v, v.counts and s.transport_cc, size, header + 12)
    cdef int wire
    memset(padding, 0, size)
    padding[size - 1] = size
    header[0] = 0x80 | 0x20 | (0x10 if extensions else 0)
    header[1] = s.rtx_payload_type
    store16(header + 2, <uint16_t>s.rtx_sequence)
    store32(header + 4, s.map.timestamp)
    store32(header + 8, s.rtx_ssrc)
    wire = srtp_protect(&v.outbound, header, 12 + extensions, padding, size, <uint32_t>(s.rtx_sequence >> 16),
                        e.out.arena + e.out.used, WIRE_ROOM)
    if wire < 0:
        e.counters[SEND_FAILED] += 1
        return
    s.rtx_sequence += 1
    v.packets_sent += 1
    v.bytes_sent += wire
    append_segment(e, session, <uint32_t>wire, False)


cdef void outbox_rtcp(engine* e, int session, uint8_t* data, size_t length, size_t cap) noexcept nogil:
    cdef int wire
    if not outbox_allows(e, &e.sessions[session]):
        return
    wire = srtcp_protect(&e.sessions[session].outbound, data, length, cap)
    if wire < 0:
        e.counters[SEND_FAILED] += 1
        return
    outbox_raw(e, &e.sessions[session].current, data, wire)


cdef void fill(engine* e, const out_message* m, mmsghdr* h, iovec* v, sockaddr_storage* to,
               uint8_t* control) noexcept nogil:
    v.iov_base = e.out.arena + m.start
    v.iov_len = m.length
    memset(h, 0, sizeof(mmsghdr))
    h.msg_hdr.msg_name = to
    h.msg_hdr.msg_namelen = zv_sockaddr(to, m.to.ip, m.to.port, m.to.family, m.interface)
    h.msg_hdr.msg_iov = v
    h.msg_hdr.msg_iovlen = 1
    h.msg_hdr.msg_control = control
    h.msg_hdr.msg_controllen = zv_control(control, CONTROL, m.to.family, m.local, m.interface,
                                          m.segment if m.segments > 1 else 0)


cdef inline int socket_of(engine* e, const out_message* m) noexcept nogil:
    return e.out.sockets[0] if m.to.family == 4 else e.out.sockets[1]


cdef int outbox_blocked_socket(engine* e) noexcept nogil:
    return socket_of(e, &e.out.messages[e.out.first]) if e.out.blocked else -1


cdef void count_sent(engine* e, const out_message* m) noexcept nogil:
    e.counters[DATAGRAMS_SENT] += 1
    e.counters[PACKETS_SENT] += m.segments
    e.counters[BYTES_SENT] += m.length


cdef int hand_over(engine* e, const out_message* m, mmsghdr* h, int count) noexcept nogil:
    """To the system, of this batch: how many it took; below 0: the error."""
    cdef int taken
    if e.out.captures:
        return capture(e, m, count)
    taken = sendmmsg(socket_of(e, m), h, count, MSG_DONTWAIT)
    return taken if taken >= 0 else -errno


cdef int send_singly(engine* e, out_message* m) noexcept nogil:
    """Each segment as a datagram of its own: this destination does not take GSO. 0, or the error for which
    the rest of the message waits."""
    cdef mmsghdr h
    cdef iovec v
    cdef sockaddr_storage to
    cdef uint8_t control[CONTROL]
    cdef out_message one
    cdef int taken
    while m.length:
        one = m[0]
        one.segments = 1
        one.length = min(<uint32_t>m.segment, m.length)
        fill(e, &one, &h, &v, &to, control)
        taken = hand_over(e, &one, &h, 1)
        if taken == -EAGAIN or taken == -ENOBUFS:
            return -taken
        if taken < 0:
            e.counters[SEND_FAILED] += 1
        else:
            count_sent(e, &one)
        m.start += one.length
        m.length -= one.length
        m.segments -= 1
    return 0


cdef bint send_failed(engine* e, out_message* m, int error) noexcept nogil:
    """Whether the batch has to wait; otherwise this message is done with, one way or another."""
    if m.segments > 1 and (error == EIO or error == EINVAL or error == EMSGSIZE):
        e.counters[GSO_REFUSED] += 1
        # That the path is too narrow for what one publisher sends says nothing about the others.
        if error == EIO or m.segment <= ANY_SEGMENT:
            e.sessions[m.session].gso = False
        error = send_singly(e, m)
        if error == 0:
            return False
    if error == EAGAIN or error == ENOBUFS:
        e.out.blocked = True
        e.counters[SEND_BLOCKED] += 1
        return True
    e.counters[SEND_FAILED] += 1
    return False


cdef int batch_end(engine* e) noexcept nogil:
    cdef int end = e.out.first + 1
    cdef int fd = socket_of(e, &e.out.messages[e.out.first])
    while end < e.out.count and socket_of(e, &e.out.messages[end]) == fd:
        end += 1
    return end


cdef void drop_held(engine* e) noexcept nogil:
    """Of what waited for the socket, the sound that has waited too long."""
    cdef int i, kept = e.out.first
    for i in range(e.out.first, e.out.count):
        if e.out.messages[i].sound_since and e.now - e.out.messages[i].sound_since > SOUND_HELD:
            e.counters[DROPPED_HELD] += e.out.messages[i].segments
            continue
        e.out.messages[kept] = e.out.messages[i]
        kept += 1
    e.out.count = kept


cdef bint outbox_flush(engine* e) noexcept nogil:
    cdef mmsghdr h[OUT_MESSAGES]
    cdef iovec v[OUT_MESSAGES]
    cdef sockaddr_storage to[OUT_MESSAGES]
    cdef uint8_t control[OUT_MESSAGES][CONTROL]
    cdef int i, end, sent
    outbox_look(e)
    if e.out.blocked:
        drop_held(e)
    e.out.blocked = False
    while e.out.first < e.out.count:
        end = batch_end(e)
        for i in range(e.out.first, end):
            fill(e, &e.out.messages[i], &h[i], &v[i], &to[i], control[i])
        while e.out.first < end:
            sent = hand_over(e, &e.out.messages[e.out.first], &h[e.out.first], end - e.out.first)
            if sent < 0:
                if send_failed(e, &e.out.messages[e.out.first], -sent):
                    return False
                e.out.first += 1
                continue
            for i in range(e.out.first, e.out.first + sent):
                count_sent(e, &e.out.messages[i])
            e.out.first += sent
    e.out.first = e.out.count = 0
    e.out.used = 0
    return True


cdef bint capture_one(engine* e, const out_message* m, uint32_t start, uint32_t length) noexcept nogil:
    cdef size_t need = e.out.captured_length + 21 + length, capacity
    cdef uint8_t* p
    if need > e.out.captured_capacity:
        capacity = 2 * need
        p = <uint8_t*>realloc(e.out.captured, capacity)
        if p == NULL:
            return False
        e.out.captured = p
        e.out.captured_capacity = capacity
    p = e.out.captured + e.out.captured_length
    p[0] = m.to.family
    memcpy(p + 1, m.to.ip, 16)
    store16(p + 17, m.to.port)
    store16(p + 19, <uint16_t>length)
    memcpy(p + 21, e.out.arena + start, length)
    e.out.captured_length = need
    return True


cdef int capture(engine* e, const out_message* m, int count) noexcept nogil:
    cdef uint32_t at, size
    cdef int i
    if e.out.planned < e.out.plan_length:
        e.out.planned += 1
        if e.out.plan[e.out.planned - 1] <= 0:
            return e.out.plan[e.out.planned - 1]
        count = min(count, <int>e.out.plan[e.out.planned - 1])
    for i in range(count):
        at = 0
        while at < m[i].length:
            size = min(<uint32_t>m[i].segment, m[i].length - at)
            capture_one(e, &m[i], m[i].start + at, size)
            at += size
    return count
