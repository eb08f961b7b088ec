"""SRTCP (RFC 3711 §3.4, RFC 7714 §9)."""

from libc.stdint cimport uint8_t

from sfu.kernel.srtp cimport srtp_context

cdef int srtcp_protect(srtp_context* c, uint8_t* packet, size_t length, size_t cap) noexcept nogil
    # In place, by the context's own index, E bit set. Length on the wire or −1.
cdef int srtcp_unprotect(srtp_context* c, uint8_t* packet, size_t length) noexcept nogil
    # In place. Results as of srtp_unprotect. Windows of the last 16 senders are kept.
