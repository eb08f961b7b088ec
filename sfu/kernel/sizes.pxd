"""Kinds and their places, and how much of everything there is at the most."""

cdef enum:
    KINDS = 4
    MICROPHONE = 0
    CAMERA = 1
    SCREEN = 2
    SCREEN_AUDIO = 3

    LAYERS = 3
    # Temporal layers of a picture's layer
    TEMPORAL = 3
    # Places of a session's sources: microphone, camera layers 0–2, screen, screen audio
    SOURCES = 6

    AUDIO_SLOTS = 4
    SPEAKERS = 3
    VIDEO_SLOTS = 25
    # A power of two with room for both, at most the bits of `session.showing`
    SLOTS = 32

    MTU = 1500
    # Room before the payload for a longer VP8 descriptor and the RTX sequence number
    HEAD_ROOM = 16
    # Most bytes of padding that make a packet as long as its run's longest
    TAIL_ROOM = 48
    RUN = 16
    RING = 512
    # Of sound: 0.6 s of most senders
    SOUND_RING = 32
    MISSING = 128
    PATHS = 8
    # What a packet has on the wire beside its payload, about: IP, UDP, RTP, the tag
    WIRE_OVERHEAD = 68
    # Longer datagrams are nobody's: browsers send at most 1200 bytes, encoders an Ethernet frame
    LONGEST_DATAGRAM = 2048
    STREAMS = 16
    RETIRED = 32
    QUEUE = 512
    # Repairs that wait for a viewer, and those whose departure is remembered; powers of two
    REPAIR_QUEUE = 64
    RESENT = 256
    # Tracks that a viewer may have keyframes of, each at its own pace; more share theirs. A power of two
    ASKING = 64
    JOBS = 512
    UFRAG = 32
    PASSWORD = 64
    # The peer's own may be as long as RFC 8839 §5.4 allows
    PEER_CREDENTIAL = 256
    MAX_ROOMS = 1024
    # Sound that has waited longer (µs) is better lost: it would only make the listener's buffer grow
    SOUND_HELD = 200000
    RATE_BUCKETS = 1024

    OUT_MESSAGES = 64
    # Results of sending that a test may prescribe
    PLAN = 16
    OUT_ARENA = 262144
    # What one viewer's run may need at the most
    OUT_RESERVE = 27000
