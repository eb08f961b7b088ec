from libc.stdint cimport int32_t, int64_t

cdef enum:
    # Opus frames of at most this many bytes carry no speech, whatever level they claim
    NO_SPEECH = 10
    # −50 dBov: louder counts as speech
    SPEECH = 77
    # −23 dBov: louder is not better
    LOUDEST = 104
    # Times in µs: a frame; the longest that browsers put into a packet, after which there was a
    # pause; how long claims must have lasted to be judged, and how slowly they are forgotten
    FRAME = 20000
    LONGEST = 65000
    EVIDENCE = 300000
    MEMORY = 3000000
    # Bytes a second. Opus has no speech below 6 kbit/s (RFC 6716 §2.1.1), which are 750; at 13
    # kbit/s it may be as loud as it says.
    LEAST = 650
    PLENTY = 1600
    # What the least is believed: −37 dBov
    LEAST_BELIEVED = 90


cdef void remember(source* s, int64_t now, int32_t size) noexcept nogil:
    """How many bytes came in how much time while loud sound was claimed. Each packet stands for a
    frame at least: many that come at once, for whatever reason, are not short for that."""
    cdef double fades = <double>MEMORY / (MEMORY + now - s.claimed_at)
    cdef int64_t gap = now - s.claimed_until
    s.claimed_time = s.claimed_time * fades + FRAME
    if s.claims and 0 < gap <= LONGEST - FRAME:
        s.claimed_time += gap
    s.claimed_bytes = s.claimed_bytes * fades + size
    s.claimed_at = now
    s.claimed_until = max(now, s.claimed_until) + FRAME


cdef int32_t loudness_believed(source* s, int64_t now, int32_t claimed, int32_t size) noexcept nogil:
    cdef double rate
    if size <= NO_SPEECH or claimed < SPEECH:
        s.claims = False
        return 0 if size <= NO_SPEECH else claimed
    remember(s, now, size)
    s.claims = True
    claimed = min(claimed, <int32_t>LOUDEST)
    if not loudness_is_proven(s):
        # The first syllable is to be heard.
        return claimed
    rate = s.claimed_bytes * 1000000 / s.claimed_time
    if rate < LEAST:
        return 0
    if rate >= PLENTY:
        return claimed
    return min(claimed, LEAST_BELIEVED + <int32_t>((rate - LEAST) * (LOUDEST - LEAST_BELIEVED) / (PLENTY - LEAST)))


cdef bint loudness_is_proven(const source* s) noexcept nogil:
    return s.claimed_time >= EVIDENCE
