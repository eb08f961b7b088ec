"""An estimate tries more: at what rate a probe goes out, and what it has shown."""

from libc.stdint cimport int64_t, uint64_t

from sfu.kernel.estimate cimport estimator

cdef enum:
    # After a probe that brought nothing
    PROBE_WAIT = 1000000

cdef void probes_judge(estimator* c, int64_t now) noexcept nogil
    # The last one, if its answer is due.
cdef int64_t probes_due(estimator* c, int64_t now, uint64_t wanted) noexcept nogil
    # Bytes that should leave now to find out whether the line bears `wanted`; −1: no probe is due.
