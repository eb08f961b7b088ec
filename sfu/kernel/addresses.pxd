"""What is kept of addresses: whose they are, when they were heard, and what was asked there."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

cdef struct address:
    # IPv4 in the first 4 bytes; port in host order
    uint8_t ip[16]
    uint16_t port
    # 4, 6, or 0: none
    uint8_t family

cdef struct path:
    address remote
    # The address of ours that the peer talks to, and the interface for link-local ones
    uint8_t local[16]
    uint32_t interface

cdef struct known_path:
    # An address from which authentic checks of this session came
    path path
    int64_t heard
    # When media, DTLS or the answer to a check of ours came from it; 0: never
    int64_t proven
    # When what we sent there was last answered: a check of ours, or DTLS; 0: never
    int64_t answered
    # Which of our credentials its checks name, counted as `session.generation`
    uint32_t generation

cdef struct probe:
    # A check of ours that has not been answered
    path path
    uint8_t transaction[12]
    # Which of our credentials it names, counted as `session.generation`
    uint32_t generation
    int64_t sent
    # How often it was sent; 0: there is none
    int32_t tries
    # It is for the round trip only: whatever else comes does not answer it
    bint times

cdef struct rate_bucket:
    int64_t since
    int32_t count
