"""What each slot of a viewer could be given, in the order in which they are served."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.sizes cimport LAYERS, TEMPORAL
from sfu.kernel.state cimport engine, session

cdef enum:
    OPTIONS = LAYERS * TEMPORAL
    LEVELS = LAYERS * TEMPORAL

cdef struct option:
    int32_t layer
    int32_t temporal
    # Among the options of all: the size of the layer as by what our client sends, then the pictures
    int32_t level
    uint64_t cost

cdef struct candidate:
    int32_t slot
    int64_t precedence
    # The place of the first of those who share alike
    int32_t cohort
    # Screens get their least whatever it costs: the pace then makes fewer pictures of them
    bint forced
    # What is chosen does not fit, so stills come of it; of a camera as many as what is left makes
    bint stills
    # It had nothing, or stills, because nothing fitted; it had stills
    bint had_nothing
    bint had_stills
    # It has nothing because that was too much beside the others a moment ago
    bint waits
    int32_t count
    # Places in `options`; −1: none
    int32_t current
    int32_t chosen
    option options[OPTIONS]

cdef int32_t candidates_collect(engine* e, const session* v, candidate* found) noexcept nogil
    # How many of VIDEO_SLOTS.
