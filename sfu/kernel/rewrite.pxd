"""How one outgoing stream numbers what it takes from changing sources.

The mapping is a short history of entries. An entry says: from source sequence `from_in` on, the
outgoing number is `from_out + (sequence − from_in)`, with these offsets of time stamp and picture.
A switch to another source makes an entry of a new epoch; a packet that we leave out makes an entry
of the same epoch, one number lower, and if a picture is left out, one picture id lower. Gaps of the source stay open, so that a late repair still fits,
and a NACK is resolved by reading the same history backwards: no record per packet is kept.

Sequence numbers in here are extended to 64 bits; sources and slots keep them so.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

cdef enum:
    # Power of two. Older entries are forgotten: their packets can no longer be asked for.
    MAP_ENTRIES = 32

cdef struct map_entry:
    int64_t from_in
    int64_t from_out
    uint32_t timestamp_offset
    # From this time stamp on they lie 2^`squeeze` closer to each other
    uint32_t timestamp_from
    uint8_t squeeze
    uint32_t source
    uint32_t generation
    uint32_t epoch
    uint16_t picture_offset
    uint8_t tl0_offset
    # Pictures left out just before `from_in`, as the source numbers them, if there are any
    bint leaves_out
    uint16_t left_first
    uint16_t left_last

cdef struct slot_map:
    # Entries made so far; the newest is entries[(made − 1) % MAP_ENTRIES].
    uint32_t made
    uint32_t epoch
    # The highest source sequence of this epoch, forwarded or left out.
    int64_t highest_in
    # The highest number, time stamp, picture id and TL0PICIDX sent.
    int64_t highest_out
    # The number before the first
    int64_t first_out
    uint32_t timestamp
    uint16_t picture
    uint8_t tl0
    map_entry entries[MAP_ENTRIES]

cdef struct map_packet:
    int64_t sequence
    uint32_t timestamp
    uint16_t picture
    uint8_t tl0

cdef void map_start(slot_map* m, uint16_t first_sequence) noexcept nogil
    # `first_sequence` 1–32767, so that 65,536 numbers pass before the first roll-over.
cdef void map_switch(slot_map* m, uint32_t source, uint32_t generation, const map_packet* first,
                     uint32_t wanted_timestamp) noexcept nogil
    # The next packet forwarded is `first` of this source (for video the start of a keyframe). It
    # gets `wanted_timestamp`, or one tick after the last sent if that is not later.
cdef void map_squeeze(slot_map* m, uint8_t squeeze) noexcept nogil
    # After map_switch, for what was kept: until map_resume time stamps lie 2^`squeeze` closer.
cdef void map_resume(slot_map* m, int64_t sequence, uint32_t timestamp, uint32_t wanted_timestamp) noexcept nogil
    # From this number on, higher than any so far, time stamps run as the source's do. `timestamp`
    # becomes the wanted one, or a later one if what may still come late would not be before it.
cdef inline uint32_t map_timestamp(const map_entry* e, uint32_t timestamp) noexcept nogil:
    return (e.timestamp_from + e.timestamp_offset
            + <uint32_t>(<int32_t>(timestamp - e.timestamp_from) >> e.squeeze))
cdef bint map_forward(slot_map* m, uint32_t source, uint32_t generation, const map_packet* packet,
                      map_packet* out) noexcept nogil
    # False: of a previous source, or from before the switch, or left out, or older than the history.
cdef void map_omit(slot_map* m, uint32_t source, uint32_t generation, int64_t sequence) noexcept nogil
    # This packet of the current source is left out on purpose. If a later one has been sent
    # already, its number stays a gap.
cdef void map_leave_out(slot_map* m, uint32_t source, uint32_t generation, const map_packet* packet) noexcept nogil
    # This packet of a picture that is left out as a whole; later pictures close up.
cdef bint map_has_left_out(const slot_map* m, uint32_t epoch, uint16_t picture) noexcept nogil
    # Whether that picture of the source was left out in this epoch, as far as the history goes.
cdef const map_entry* map_resolve(const slot_map* m, uint16_t sequence, int64_t* out_sequence,
                                  int64_t* in_sequence) noexcept nogil
    # Which source packet was sent under this number; NULL when that is not known (any more).
