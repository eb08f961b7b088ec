"""Steps up of what a viewer is given: each may turn out to have been too far, and costs publishers keyframes."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.candidates cimport candidate
from sfu.kernel.state cimport engine, session

cdef int64_t trials_interval(engine* e, session* v) noexcept nogil
    # µs between the last step up and the next.
cdef void trials_begin(engine* e, session* v, const candidate* all, int32_t count) noexcept nogil
    # More was chosen just now. On trial until it has lasted for long enough, or not.
cdef void trials_forget(session* v) noexcept nogil
    # The line is another one: what was too far on the old one says nothing of it.
cdef void trials_judge(engine* e, session* v, bint less) noexcept nogil
    # With each look. `less`: one of his slots has to have less than it has.
