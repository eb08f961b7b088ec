from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from sfu.kernel.bytes cimport load32, store32
from sfu.kernel.sha1 cimport CRYPTO_memcmp, SHA1_LENGTH
from sfu.kernel.srtp cimport (
    SRTCP_SENDERS, SRTP_AEAD_AES_128_GCM, SRTP_FAILED, SRTP_FORGED, SRTP_REPLAYED, SRTP_SHORT, srtcp_sender,
    srtp_context)
from sfu.kernel.srtp_cipher cimport (
    CM_TAG, GCM_TAG, IV_LENGTH, MAX_PACKET, cm_crypt, cm_iv, cm_tag, gcm_iv, gcm_open, gcm_seal)

cdef enum:
    RTCP_HEADER = 8
    INDEX_LENGTH = 4

cdef uint32_t ENCRYPTED = 0x80000000u


cdef int srtcp_protect(srtp_context* c, uint8_t* packet, size_t length, size_t cap) noexcept nogil:
    cdef uint8_t iv[IV_LENGTH]
    cdef uint8_t digest[SHA1_LENGTH]
    cdef uint8_t word[INDEX_LENGTH]
    cdef uint32_t index = c.rtcp_index
    cdef size_t tag = GCM_TAG if c.profile == SRTP_AEAD_AES_128_GCM else CM_TAG
    cdef int body = <int>length - RTCP_HEADER
    if length < RTCP_HEADER or length > MAX_PACKET or cap < length + tag + INDEX_LENGTH:
        return SRTP_FAILED
    # The index must never repeat under one key (RFC 3711 §3.2.1: at most 2^31 packets).
    if not c.sending or c.rtcp == NULL or index >= ENCRYPTED:
        return SRTP_FAILED
    store32(word, index | ENCRYPTED)
    if c.profile == SRTP_AEAD_AES_128_GCM:
        gcm_iv(c.rtcp_salt, load32(packet + 4), index >> 16, <uint16_t>index, iv)
        if not gcm_seal(c.rtcp, iv, packet, RTCP_HEADER, word, INDEX_LENGTH,
                         packet + RTCP_HEADER, body, packet + RTCP_HEADER):
            return SRTP_FAILED
        memcpy(packet + length + GCM_TAG, word, INDEX_LENGTH)
    else:
        cm_iv(c.rtcp_salt, load32(packet + 4), index >> 16, <uint16_t>index, iv)
        if not cm_crypt(c.rtcp, iv, packet + RTCP_HEADER, body, packet + RTCP_HEADER):
            return SRTP_FAILED
        memcpy(packet + length, word, INDEX_LENGTH)
        cm_tag(&c.rtcp_auth, packet, length, word, INDEX_LENGTH, digest)
        memcpy(packet + length + INDEX_LENGTH, digest, CM_TAG)
    c.rtcp_index = index + 1
    return <int>(length + tag + INDEX_LENGTH)


cdef inline srtcp_sender* _find_sender(srtp_context* c, uint32_t ssrc) noexcept nogil:
    cdef uint32_t i
    for i in range(c.sender_count):
        if c.senders[i].ssrc == ssrc:
            return &c.senders[i]
    return NULL


cdef inline srtcp_sender* _add_sender(srtp_context* c, uint32_t ssrc) noexcept nogil:
    """Forgets the oldest sender when all places are taken."""
    cdef srtcp_sender* place
    if c.sender_count < SRTCP_SENDERS:
        place = &c.senders[c.sender_count]
        c.sender_count += 1
    else:
        place = &c.senders[c.next_sender]
        c.next_sender = (c.next_sender + 1) % SRTCP_SENDERS
    memset(place, 0, sizeof(srtcp_sender))
    place.ssrc = ssrc
    return place


cdef inline bint _rtcp_seen(const srtcp_sender* s, uint32_t index) noexcept nogil:
    cdef uint32_t age
    if s == NULL or index > s.highest:
        return False
    age = s.highest - index
    return age >= 64 or (s.window >> age) & 1


cdef inline void _rtcp_commit(srtcp_sender* s, uint32_t index) noexcept nogil:
    cdef uint32_t step
    if index > s.highest:
        step = index - s.highest
        s.window = 0 if step >= 64 else s.window << step
        s.highest = index
    s.window |= <uint64_t>1 << (s.highest - index)


cdef int srtcp_unprotect(srtp_context* c, uint8_t* packet, size_t length) noexcept nogil:
    cdef uint8_t iv[IV_LENGTH]
    cdef uint8_t digest[SHA1_LENGTH]
    cdef uint8_t word[INDEX_LENGTH]
    cdef size_t tag = GCM_TAG if c.profile == SRTP_AEAD_AES_128_GCM else CM_TAG
    cdef size_t plain
    cdef uint32_t index
    cdef uint32_t ssrc
    cdef srtcp_sender* sender
    if c.sending or c.rtcp == NULL:
        return SRTP_FAILED
    if length < RTCP_HEADER + tag + INDEX_LENGTH or length > MAX_PACKET:
        return SRTP_SHORT
    plain = length - tag - INDEX_LENGTH
    if c.profile == SRTP_AEAD_AES_128_GCM:
        memcpy(word, packet + length - INDEX_LENGTH, INDEX_LENGTH)
    else:
        memcpy(word, packet + plain, INDEX_LENGTH)
    index = load32(word)
    # Both profiles encrypt RTCP (RFC 5764 §4.1.2), so a clear packet is not the peer's.
    if not index & ENCRYPTED:
        return SRTP_FORGED
    index &= ~ENCRYPTED
    ssrc = load32(packet + 4)
    sender = _find_sender(c, ssrc)
    if _rtcp_seen(sender, index):
        return SRTP_REPLAYED
    if c.profile == SRTP_AEAD_AES_128_GCM:
        gcm_iv(c.rtcp_salt, ssrc, index >> 16, <uint16_t>index, iv)
        if not gcm_open(c.rtcp, iv, packet, RTCP_HEADER, word, INDEX_LENGTH,
                         packet + RTCP_HEADER, <int>plain - RTCP_HEADER):
            return SRTP_FORGED
    else:
        cm_tag(&c.rtcp_auth, packet, plain, word, INDEX_LENGTH, digest)
        if CRYPTO_memcmp(digest, packet + plain + INDEX_LENGTH, CM_TAG) != 0:
            return SRTP_FORGED
        cm_iv(c.rtcp_salt, ssrc, index >> 16, <uint16_t>index, iv)
        if not cm_crypt(c.rtcp, iv, packet + RTCP_HEADER, <int>plain - RTCP_HEADER,
                         packet + RTCP_HEADER):
            return SRTP_FORGED
    if sender == NULL:
        sender = _add_sender(c, ssrc)
    _rtcp_commit(sender, index)
    return <int>plain
