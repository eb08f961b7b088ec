"""The kernel thread: sockets on one side, the engine on the other."""

from libc.stdint cimport uint8_t, uint32_t

from sfu.kernel.state cimport engine, expectation

cdef enum operation:
    OPEN_SESSION
    RESTART_ICE
    SET_PEER
    CLOSE_SESSION
    SET_ROOM
    SET_MODERATOR
    SEND_DTLS
    SET_KEYS
    SET_EXTENSIONS
    EXPECT
    SET_GATE
    SET_LEANER
    ADD_SLOT
    SET_SLOT
    SET_SCREEN_AUDIO
    MARK

cdef enum:
    COMMAND_DATA = 1500

cdef struct command:
    command* next
    int operation
    int session
    long long a
    long long b
    long long c
    long long d
    long long f
    expectation expect
    size_t first
    size_t length
    uint8_t data[COMMAND_DATA]

cdef struct shared:
    # What the two threads share. Commands: a stack that the kernel thread takes whole.
    engine* engine
    command* commands
    int sockets[2]
    int wake
    int tell
    int epoll
    int stop

cdef void command_push(shared* s, command* c) noexcept nogil
cdef void command_do(engine* e, const command* c) noexcept nogil
cdef int loop_open(shared* s) noexcept nogil
    # 0, or an errno
cdef void loop_run(shared* s) noexcept nogil
cdef void loop_close(shared* s) noexcept nogil
