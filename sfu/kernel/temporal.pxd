"""Which pictures of a layer a slot leaves out: those of temporal layers that its viewer is not given."""

from sfu.kernel.state cimport packet, slot

cdef bint temporal_leaves_out(slot* s, const packet* p) noexcept nogil
    # Whether this packet belongs to a picture that is left out; to be asked of each packet of the
    # source that flows, as they come.
