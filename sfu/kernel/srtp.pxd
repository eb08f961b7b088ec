"""SRTP and SRTCP (RFC 3711, RFC 7714) on OpenSSL's EVP with kept key schedules."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from sfu.kernel.sha1 cimport hmac_key

cdef extern from "<openssl/evp.h>":
    ctypedef struct EVP_CIPHER_CTX:
        pass

cdef enum:
    SRTP_AES128_CM_SHA1_80 = 0x0001
    SRTP_AEAD_AES_128_GCM = 0x0007

    SRTP_FAILED = -1
    SRTP_REPLAYED = -2
    SRTP_FORGED = -3
    SRTP_SHORT = -4

    SRTP_MAX_TRAILER = 16
    SRTCP_MAX_TRAILER = 20
    # Firefox reports on every stream that it gets under a number of its own
    SRTCP_SENDERS = 64

cdef struct srtp_stream:
    # One receiving SSRC: all zero at first. `highest` is a 48-bit index; bit 0 of `window[0]` is
    # `highest` itself, bit 63 of `window[1]` the packet 127 before it.
    uint32_t ssrc
    uint64_t highest
    uint64_t window[2]
    bint used

cdef struct srtcp_sender:
    uint32_t ssrc
    uint32_t highest
    uint64_t window

cdef struct srtp_context:
    # One direction of one peer. What AEAD_AES_128_GCM needs for RTP is together at the beginning.
    EVP_CIPHER_CTX* rtp
    int profile
    bint sending
    uint8_t rtp_salt[16]
    uint8_t rtcp_salt[16]
    EVP_CIPHER_CTX* rtcp
    uint32_t rtcp_index
    uint32_t sender_count
    uint32_t next_sender
    hmac_key rtp_auth
    hmac_key rtcp_auth
    srtcp_sender senders[SRTCP_SENDERS]

cdef struct srtp_session_keys:
    # 16-byte keys; salts of 14 bytes (CM) or 12 (GCM), zero-padded; CM alone uses `auth`.
    uint8_t key[16]
    uint8_t salt[16]
    uint8_t auth[20]

cdef void srtp_derive(int profile, const uint8_t* key, const uint8_t* salt, size_t salt_len,
                      uint8_t first_label, srtp_session_keys* out) noexcept nogil
cdef int srtp_init_session(srtp_context* c, int profile, const srtp_session_keys* rtp,
                           const srtp_session_keys* rtcp, bint sending) noexcept nogil

cdef int srtp_init(srtp_context* c, int profile, const uint8_t* key, size_t key_len,
                   bint sending) noexcept nogil
    # Master key then salt: 30 bytes for AES128_CM_SHA1_80, 28 for AEAD_AES_128_GCM. 0, or −1 for
    # an unknown profile, a wrong length or no memory; then nothing needs to be freed.
cdef void srtp_free(srtp_context* c) noexcept nogil

cdef int srtp_protect(srtp_context* c, const uint8_t* header, size_t header_len,
                      const uint8_t* payload, size_t payload_len, uint32_t roc,
                      uint8_t* out, size_t out_cap) noexcept nogil
    # Gathers header and payload and writes header ‖ ciphertext ‖ tag to `out`, which overlaps
    # neither. The caller keeps the roll-over counter. Length on the wire or −1.
cdef int srtp_unprotect(srtp_context* c, srtp_stream* s, uint8_t* packet, size_t length,
                        size_t header_len) noexcept nogil
    # In place. Length of the plain packet, or SRTP_REPLAYED, SRTP_FORGED, SRTP_SHORT; the window
    # of `s` changes only when the packet is authentic.
cdef int srtp_unprotect_ahead(srtp_context* c, srtp_stream* s, uint8_t* packet, size_t length,
                              size_t header_len, uint32_t periods) noexcept nogil
    # Likewise, of a stream that has gone on unheard: the packet is taken for the next with its number
    # after the highest, and so many roll-overs later.
