"""Handles of sessions and rooms, and the commands that Python gives about them."""

from sfu.kernel.loop cimport command, shared
from sfu.kernel.state cimport expectation

cdef class Sessions:
    cdef shared shared
    cdef object free_sessions
    cdef object open_sessions
    cdef dict rooms
    cdef dict room_names
    cdef object free_rooms
    cdef dict room_of
    cdef bint closed

    cdef int _command(self, int operation, int session, long long a=*, long long b=*, long long c=*,
                      long long d=*, bytes data=*, size_t first=*, expectation* expect=*) except -1
    cdef void _submit(self, command* n)
    cdef int _enter(self, int session, room) except -1
    cdef void _go_out(self, int session)
