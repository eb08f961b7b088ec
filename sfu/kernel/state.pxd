"""What the kernel thread knows: sessions, sources, slots, rooms, jobs and the outbox.

One thread reads and writes all of it. Times are monotonic microseconds. Indices refer to
`engine.sessions`; sources are numbered session × SOURCES + place, tracks session × KINDS + kind.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from sfu.kernel.addresses cimport address, known_path, path, probe, rate_bucket
from sfu.kernel.counters cimport COUNTERS
from sfu.kernel.estimate cimport estimator
from sfu.kernel.misses cimport misses
from sfu.kernel.rewrite cimport slot_map
from sfu.kernel.rtcp cimport arrivals
from sfu.kernel.sizes cimport (
    ASKING, AUDIO_SLOTS, HEAD_ROOM, JOBS, KINDS, LAYERS, MAX_ROOMS, MTU, OUT_MESSAGES, PASSWORD, PATHS, PEER_CREDENTIAL, PLAN, QUEUE,
    RATE_BUCKETS, REPAIR_QUEUE, RESENT, RETIRED, RUN, SLOTS, SOURCES, SPEAKERS, STREAMS, TAIL_ROOM, TEMPORAL, UFRAG)
from sfu.kernel.srtp cimport srtp_context, srtp_stream
from sfu.kernel.vp8 cimport vp8_descriptor

cdef enum:
    # Whether media goes to a peer: by its keys, and by when it was last heard on its path
    UNREACHABLE
    # Quiet: gets what it shows as long as the socket has room to spare
    DOUBTFUL
    REACHABLE

    # Instead of a layer: not decided, and that the line bears none
    GIVEN_UNKNOWN = -2
    GIVEN_NOTHING = -1

cdef struct packet:
    int64_t sequence
    int64_t arrival
    # How many packets of its source had been taken then
    uint64_t order
    packet* next_free
    uint32_t timestamp
    int32_t references
    # Payload; 0: padding only, to be left out
    uint16_t size
    uint16_t picture
    bint marker
    bint keyframe
    bint is_vp8
    vp8_descriptor vp8
    uint8_t head[HEAD_ROOM]
    uint8_t payload[MTU + TAIL_ROOM]

cdef struct missing_packet:
    int64_t sequence
    int64_t since
    int64_t next
    int32_t tries

cdef struct source:
    bint expected
    bint bound
    # Packets have come lately
    bint active
    # When its packets, and when its bytes, would have come at the highest rate that is taken
    int64_t pace
    int64_t byte_pace
    uint32_t generation
    uint32_t ssrc
    uint32_t rtx_ssrc
    uint32_t clock_rate
    uint8_t kind
    uint8_t layer
    int32_t session
    # Sequence numbers extended to 64 bits, the first in [65536, 131072)
    int64_t first
    int64_t highest
    # Taken before, perhaps, though neither ring nor mask remembers: this and all below
    int64_t forgotten
    # Sound: which of `highest` and the 63 before it have been taken
    uint64_t taken
    uint64_t packets
    uint64_t octets
    uint64_t keyframes
    # When the last keyframe began to arrive; its first packet is just being taken
    int64_t keyframe_arrival
    bint keyframe_arrives
    uint32_t keyframe_timestamp
    # First number of the newest keyframe that may be shown to who comes later; 0: none
    int64_t group_first
    int64_t last_arrival
    # Interarrival jitter in time stamp units × 16 (RFC 3550 §6.4.1)
    int64_t jitter
    int64_t transit
    int64_t expected_before
    int64_t packets_before
    # Last sender report: when it came, NTP in µs and the middle 32 bits, RTP time stamp
    int64_t report_arrival
    int64_t report_time
    uint32_t report_ntp
    uint32_t report_timestamp
    # Without a report: a time stamp and the earliest arrival it stands for
    uint32_t base_timestamp
    int64_t base_arrival
    # Of the newest packet that has one.
    uint16_t last_picture
    int64_t picture_sequence
    # Lines of its pictures as it was told last, and when; 0: not told
    uint16_t height
    int64_t height_told
    # Bytes since then and bits per second by temporal layer, and how long the rates were watched (µs)
    uint32_t carried[TEMPORAL]
    int64_t counted_since
    int64_t counted_for
    double rates[TEMPORAL]
    int64_t leaner_until
    float loudness
    # Sound that was claimed to be loud: its time (µs) and bytes, fading, when the last came, until
    # when what came lasts, and whether the last packet was
    double claimed_time
    double claimed_bytes
    int64_t claimed_at
    int64_t claimed_until
    bint claims
    packet** ring
    int32_t ring_size
    # Sound: when the last was put there
    int64_t kept_at
    missing_packet* missing
    int32_t missing_count
    # Packets that came and are saved up: each that is asked for again takes two of them
    int32_t nack_saved
    packet* run[RUN]
    int32_t run_count
    int64_t run_since
    bint run_marked
    bint dirty

cdef struct expectation:
    bint used
    uint8_t mid[16]
    uint8_t mid_length
    uint8_t payload_type
    uint8_t rtx_payload_type
    uint8_t red_payload_type
    uint32_t clock_rate
    uint8_t layers
    uint8_t rids[LAYERS][16]
    uint8_t rid_lengths[LAYERS]
    uint32_t ssrcs[LAYERS]
    uint32_t rtx_ssrcs[LAYERS]
    bint nack
    bint transport_cc
    bint remb

cdef struct references:
    # A set of numbers with stable positions while jobs run: −1 marks what was removed
    int32_t* items
    int32_t count
    int32_t capacity
    int32_t removed

cdef struct track:
    expectation expect
    bint gate
    # Slots that show it: session × SLOTS + slot
    references viewers
    # Layers of which somebody wants a keyframe (bit mask), which was asked for one last, when, and
    # at what pace that may go on
    uint8_t keyframes_wanted
    uint8_t keyframe_layer
    int64_t keyframe_asked
    int64_t keyframe_pace
    uint8_t mask

cdef struct ssrc_entry:
    uint32_t ssrc
    int32_t source
    bint rtx
    # Its last authentic packet
    int64_t heard
    srtp_stream stream

cdef struct voice:
    # Bytes of it that came since it was looked at last, whether they left or not; bits per second
    uint32_t came
    float rate
    # It does not leave; and whose turn in the room it was then
    bint shut
    uint32_t talk

cdef struct slot:
    bint used
    bint video
    uint32_t ssrc
    uint32_t rtx_ssrc
    uint8_t payload_type
    uint8_t rtx_payload_type
    # Of sound that carries earlier frames; 0: not negotiated
    uint8_t red_payload_type
    # Its viewer tells when packets with a transport-wide number arrived
    bint transport_cc
    int64_t rtx_sequence
    # Video: what the viewer wants; −1: nothing
    int32_t track
    int32_t wanted_layer
    int32_t tile_height
    uint8_t temporal_most
    # Which layer it may show now, since when, whether the line bears no more, and what Python was told
    int32_t given
    int64_t given_at
    # Since when it has something, and for how long it waits before it has something again
    int64_t begun_at
    int64_t dark_for
    bint limited
    # Bits per second of that, as they are now
    uint64_t cost
    int32_t told_given
    uint8_t told_temporal
    # Layers that were given and did not come (bit mask)
    uint8_t absent
    # More flows than is given, until that can begin
    bint squeezed
    # The least of what flows is more than the slot may have
    bint strangled
    # Not even the least of it fits: the pace makes stills of what there is
    bint stills
    # Place in track.viewers
    int32_t place
    # The highest temporal layer that flows and that should, and what was decided of which picture
    uint8_t temporal
    uint8_t temporal_wanted
    bint leaves_out
    uint16_t picture_decided
    # Since when its viewer asks in vain for keyframes, without a pause, and when he did so last; smaller layers
    # than of this rank are given until then (0: all), and for how long that was
    int64_t refused_since
    int64_t refused_at
    uint8_t spares_from
    int64_t spares_until
    int64_t spares_for
    # Source that flows now and source that takes over at its next keyframe; −1: none
    int32_t source
    int32_t pending
    uint32_t generation
    uint32_t talk
    uint32_t clock_base
    # A replay is wanted; the group that was tried last: the number of its keyframe, the source
    bint wants_replay
    int64_t replayed_group
    int32_t replayed_source
    uint32_t replayed_generation
    # Packets up to this order were in the ring of that source when it was replayed; when that was,
    # the last number then given, and the last time stamp
    uint64_t replayed
    int64_t replayed_at
    int64_t replayed_end
    uint32_t replayed_timestamp
    # Time stamps are still those of the replay
    bint squeezes
    # The highest number that has left; when the slot was cut last, and may begin again
    int64_t departed
    # Sound. Of that number and those before it (bit masks): what its viewer misses, and what he was
    # given once more, lately and a round trip before
    uint32_t owed
    uint32_t repaid[2]
    int64_t repaid_since
    int64_t cut_at
    int64_t resumes_at
    int32_t cut_from
    # The number from which on it has begun anew: of those before, nothing can be shown any more
    int64_t cut_number
    # Numbers skipped lately, less those used
    int64_t skipped
    uint64_t packets
    uint64_t octets
    int64_t last_sent
    # The last keyframe that has left: its first number, and when
    int64_t keyframe_number
    uint32_t keyframe_timestamp
    int64_t keyframe_left
    # The highest number that its viewer missed, and those in turn
    int64_t missed_to
    misses misses
    # Its viewer's last report: the highest number and how many were lost
    uint32_t told_highest
    uint32_t told_lost
    # The last of our reports that he had, by its time
    uint32_t told_time
    slot_map map

cdef struct outgoing:
    packet* packet
    int64_t sequence
    uint32_t timestamp
    uint32_t csrc
    uint16_t picture
    uint8_t tl0
    uint8_t slot
    bint rtx
    bint marker
    # Sound: which of those before go with it (bit n − 1: n numbers earlier)
    uint16_t carried
    # When it began to wait
    int64_t queued

cdef struct line:
    # A slot's packets in the backlog, the oldest first; places in `items`, −1: none
    int16_t head
    int16_t tail
    int16_t count
    # Bytes it may still send in its turn; below 0: the last packet took more
    int32_t credit

cdef struct backlog:
    # What waits for the viewer's pace: a line per slot, served in turn
    outgoing items[QUEUE]
    int16_t following[QUEUE]
    int16_t free
    int32_t count
    # Bit mask of the slots that have a line, and whose turn it is
    uint32_t lined_up
    int32_t turn
    line lines[SLOTS]

cdef struct repairs:
    # To one viewer: when what has this place left once more, or late (far ahead: it waits), those
    # that wait, the oldest first, and how many bytes there may be, as of when
    int64_t resent[RESENT]
    outgoing items[REPAIR_QUEUE]
    uint32_t head
    uint32_t tail
    int64_t credit
    int64_t credited

cdef struct session:
    # First what a fan-out or a visit touches of every viewer, close together.
    bint used
    bint connected
    bint lost
    bint keyed
    bint gso
    uint8_t reachability
    bint moderator
    bint sends
    int32_t room
    int32_t place
    uint32_t participant
    # Bit masks of the video slots: what shows something, and of these what has not (or no more)
    # the source that it should
    uint32_t showing
    # Slots of cameras that give way to all others in the queue, because only stills of them fit (bit mask)
    uint32_t yields
    # Slots of which nothing that waits is to be sent any more (bit mask)
    uint32_t emptied
    uint32_t unsettled
    # What its line bears, once it is a viewer; whether packets have transport-wide numbers now
    estimator* estimator
    bint may_count
    bint counts
    # Packets are repeated for him: with numbers that is a way to find out whether the line bears more
    bint tries
    # Nothing is told though packets leave: the line is away
    bint stalled
    # When the last REMB but so many bytes ago came
    int64_t knocked_at
    int64_t remb_at
    uint64_t remb_bytes
    # Bits per second between the last two
    uint64_t sent_rate
    # The same of receiver reports that count; the shortest round trip since the last (µs; 0: not told)
    int64_t reported_at
    uint64_t reported_bytes
    int64_t rtt_reported
    # Since when reports say that all is well though no feedback comes; 0: they do not
    int64_t reports_alone
    # When something left last, and what all was by then
    int64_t left_at
    uint64_t left_bytes
    # Packets of pictures sent until then, and how many of those since are missed (NACK)
    uint64_t reported_packets
    int32_t missed
    # Per 1024: what arrives of a slot of which a third is missed; 0: nothing new
    int32_t narrowed
    # Since when all that he wants fits; whether a picture is shown
    int64_t unsettled_at
    bint shown
    # How often, without numbers, no REMB came
    uint8_t unheard
    # Bits per second: of that what is given out, and what would let a slot have
    # more (0: all have what they want). When that is looked at again, and when a slot got more last
    bint marked
    uint64_t allotted
    uint64_t wishes
    # What is left when all that is given costs what it does; less than 0: it is kept for a while
    int64_t spare
    int64_t allocate_at
    int64_t looks_since
    int64_t raised_at
    # When those who go first last had what they should without anybody going without for it
    int64_t short_since
    # That may still turn out to be too much; how long is waited for the next because it did; what the line
    # bore (bits per second) when it was tried, and what was wished for then; as `source.pace`: how often Python is told
    bint on_trial
    int64_t raise_wait
    uint64_t trial_budget
    uint64_t trial_wishes
    # The layer that it was about, and the most that this cost meanwhile
    int32_t trial_track
    int32_t trial_layer
    uint64_t trial_cost
    # What was wished for at a lesser step than that which was too far; 0: none since
    uint64_t lesser_wishes
    int64_t telling_pace
    uint32_t sound_carried
    int64_t sound_since
    double sound_rate
    # By audio slot; when that was looked at, since when it is more than the line bears (0: it is not), when one
    # was shut and opened last, and how long is waited until one is tried
    voice voices[AUDIO_SLOTS]
    int64_t voices_since
    int64_t voices_over
    int64_t voices_shut
    int64_t voices_opened
    int64_t voices_wait
    # Earlier frames that go with each of its sound; lost per 256, fading, and by the report that does not count yet
    uint8_t redundancy
    float sound_loss
    uint8_t loss_before
    # Last authentic packet (check, SRTP or SRTCP) from anywhere, from the path in use, and last
    # media on that path
    int64_t heard
    int64_t path_heard
    int64_t path_media
    int64_t last_feedback
    int64_t last_report
    # The round trip (µs; 0: unknown) and when it was told last; per 256 packets how many its reports
    # say got lost, and the count for the next
    int64_t rtt
    int64_t rtt_told
    # The shortest in some seconds, and in those before; when they began
    int64_t rtt_least
    int64_t rtt_least_before
    int64_t rtt_least_since
    # Who of the peer has asked for it, with which time, and when (0: nobody)
    uint32_t asks_from
    uint32_t asked_time
    int64_t asked_at
    uint8_t loss
    int64_t summed_at
    # Reports of ours in a row that said that he loses much of what he sends
    uint8_t lossy_reports
    int64_t told_expected
    int64_t told_lost
    # Header extension ids; 0: not negotiated
    uint8_t id_mid
    uint8_t id_rid
    uint8_t id_repaired_rid
    uint8_t id_level
    uint8_t id_transport_cc
    uint8_t id_send_time
    # Pacing: bytes that may leave now, what waits
    int64_t tokens
    int64_t refilled
    # When the last keyframe left in any slot
    int64_t keyframe_left
    backlog* waits
    repairs* repairs
    bint waiting
    # He is in the queue of those to whom groups are replayed
    bint wants_replays
    uint64_t packets_received
    uint64_t bytes_received
    uint64_t packets_sent
    uint64_t bytes_sent
    path current
    srtp_context outbound
    # ICE: current and previous local credentials, and how many there were
    uint8_t ufrag[2][UFRAG]
    uint8_t ufrag_length[2]
    uint8_t password[2][PASSWORD]
    uint8_t password_length[2]
    # A check has named the newer ones
    bint ufrag_used
    uint32_t generation
    uint8_t peer_ufrag[PEER_CREDENTIAL]
    uint8_t peer_password[PEER_CREDENTIAL]
    uint16_t peer_ufrag_length
    uint16_t peer_password_length
    known_path known[PATHS]
    # The path in use was nominated (RFC 8445 §7.3.1.5)
    bint nominated
    # Nothing that we sent to the path in use has been answered: until when it gets media all the
    # same, and, as `source.pace`, how often that may be
    bint unanswered
    int64_t trusted_until
    int64_t trust_pace
    # Where the first DTLS came from; some has come from elsewhere
    path handshake
    bint wandered
    probe probe
    rate_bucket wrong
    # As `source.pace`: checks from known addresses, new addresses
    int64_t check_pace
    int64_t address_pace
    int32_t profile
    srtp_context inbound
    ssrc_entry streams[STREAMS]
    int32_t stream_count
    int32_t last_stream
    # SSRCs that others have replaced: with their replay windows gone they are refused
    uint32_t retired[RETIRED]
    uint32_t retired_count
    track tracks[KINDS]
    source sources[SOURCES]
    slot slots[SLOTS]
    # Difference of our clock and the peer's NTP clock in µs
    bint clock_known
    int64_t clock_offset
    # As `source.pace`: DTLS datagrams, new SSRCs, packets asked for again
    int64_t dtls_pace
    int64_t stream_pace
    int64_t repair_pace
    # By track, as `source.pace`: how often it may cause a keyframe
    int64_t asking[ASKING]
    # Since when it speaks without a seat, when it did so last, and when it lost one to another
    int64_t waits_since
    int64_t waited_at
    int64_t seat_lost
    # How long it was heard lately (µs, fading), and when it was last
    double heard_for
    int64_t heard_at
    arrivals* feedback
    uint64_t remb

cdef struct seat:
    # A room's audio slot: who speaks in it; −1: nobody
    int32_t session
    float loudness
    int64_t since
    int64_t last_loud
    # Grows with each stretch of speech: slots then begin a new epoch
    uint32_t talk

cdef struct room:
    bint used
    references members
    seat seats[SPEAKERS]
    # Who is next of those who speak without a seat
    int32_t waiter
    int32_t screen_audio
    int32_t told[SPEAKERS]
    int32_t told_count
    # As `source.pace`: how often it may change who speaks
    int64_t telling_pace

cdef struct job:
    # A fan-out that can be resumed: this run, to the viewers from the `next`th on, of whom the first of
    # `known` is at `first`; who has come since it began follows those
    packet* packets[RUN]
    int32_t count
    int32_t source
    uint32_t generation
    int32_t next
    int32_t known
    int32_t first
    # Our clock in the source's time stamps
    uint32_t clock
    # Audio: the room and its slot
    int32_t room
    int32_t slot

cdef struct job_queue:
    job items[JOBS]
    uint32_t head
    uint32_t tail

cdef struct out_message:
    int32_t session
    # Sound: when it was put here; 0: anything else, which may wait
    int64_t sound_since
    address to
    uint8_t local[16]
    uint32_t interface
    uint32_t start
    uint32_t length
    uint16_t segment
    uint16_t segments
    bint open

cdef struct outbox:
    out_message messages[OUT_MESSAGES]
    int32_t count
    int32_t first
    uint32_t used
    bint blocked
    int sockets[2]
    # Of each socket: bytes that the system holds unsent (SIOCOUTQ), whether that was looked at since
    # the last change, and its whole buffer
    uint32_t queued[2]
    bint looked[2]
    uint32_t buffer[2]
    # Instead of sockets: what was sent, for stepping through by tests; of the next calls how many messages
    # each takes at most, or its error below 0
    bint captures
    int plan[PLAN]
    int planned
    int plan_length
    uint8_t* captured
    size_t captured_length
    size_t captured_capacity
    uint8_t* arena

cdef struct event:
    int32_t kind
    int32_t a
    int32_t b
    int32_t c
    uint32_t length
    uint8_t* data

cdef struct event_queue:
    event* items
    uint32_t head
    uint32_t tail
    uint32_t capacity

cdef struct table_entry:
    uint8_t key[34]
    uint8_t length
    int32_t value

cdef struct table:
    # Open addressing with linear probing; capacity a power of two, at most half full
    table_entry* entries
    uint32_t capacity
    uint32_t count

cdef struct engine:
    session* sessions
    int32_t max_sessions
    # Whether segments are joined at all
    bint gso
    int32_t top
    room rooms[MAX_ROOMS]
    table ufrags
    table addresses
    # Plain requests, counted twice under different hashes
    rate_bucket plain[2][RATE_BUCKETS]
    uint32_t seeds[2]
    packet* free_packets
    packet** chunks
    int32_t chunk_count
    # Packets in use, and how many there may be
    int32_t packets
    int32_t max_packets
    job_queue audio
    job_queue video
    # Where among its viewers the next fan-out begins, as a share of 2^32
    uint32_t fanned_out
    int32_t* dirty
    int32_t dirty_count
    # Viewers with a backlog, and with whom the next round begins
    int32_t* waiting
    int32_t waiting_count
    int32_t waiting_next
    # Ring of `max_sessions`: viewers to whom groups are to be replayed
    int32_t* replays
    uint64_t replays_head
    uint64_t replays_tail
    # Viewers whose slots are to be given something else, perhaps
    int32_t* marked
    int32_t marked_count
    outbox out
    event_queue events
    int64_t now
    # When the thread was last seen to run
    int64_t awake
    # When it last ran again after it had not for a while
    int64_t woke_at
    int64_t next_tick
    uint32_t ticks
    # NTP (µs since 1900) = now + this
    int64_t wall
    uint64_t counters[COUNTERS]
