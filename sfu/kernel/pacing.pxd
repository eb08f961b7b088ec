"""How fast a viewer is sent what he shows; what exceeds his pace waits in his queue."""

from libc.stdint cimport int32_t, int64_t, uint32_t

from sfu.kernel.outbox cimport outbox_rtp
from sfu.kernel.repairs cimport repairs_departed
from sfu.kernel.sizes cimport WIRE_OVERHEAD
from sfu.kernel.state cimport engine, outgoing, session

cdef void pacing_run(engine* e, int32_t viewer, const outgoing* items, int32_t count) noexcept nogil
    # The caller has seen outbox_room. What the pace does not allow yet waits.
cdef inline void pacing_depart(engine* e, int32_t viewer, const outgoing* o, uint32_t longest) noexcept nogil:
    """Leaves at once, as sound always does. `longest` as of outbox_rtp."""
    e.sessions[viewer].tokens -= o.packet.size + WIRE_OVERHEAD
    repairs_departed(e, &e.sessions[viewer], o)
    outbox_rtp(e, viewer, o, longest)
cdef void pacing_wait(engine* e, int32_t viewer, const outgoing* o) noexcept nogil
cdef void pacing_watch(engine* e, int32_t viewer) noexcept nogil
    # Something waits for him, or he is to be probed, perhaps, in the next rounds.
cdef int pacing_due(engine* e, int64_t until) noexcept nogil
    # Viewers with waiting packets get what their pace allows by now, one after the other until
    # this time (0: all). 1: others have not had their turn.
cdef void pacing_drop(engine* e, session* v) noexcept nogil
    # Nothing waits for this viewer any more.
