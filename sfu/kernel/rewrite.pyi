class SlotMap:
    """The native mapping of one outgoing stream, for the tests against `reference.Slot`.

    Sequence numbers are extended (not wrapped); time stamps 32, pictures 15, TL0PICIDX 8 bits.
    """

    def __init__(self, first_sequence: int) -> None: ...
    def switch(
        self,
        source: int,
        generation: int,
        sequence: int,
        timestamp: int,
        picture: int,
        tl0: int,
        wanted_timestamp: int,
    ) -> None: ...
    def forward(
        self,
        source: int,
        generation: int,
        sequence: int,
        timestamp: int,
        picture: int,
        tl0: int,
    ) -> tuple[int, int, int, int] | None:
        """(sequence, timestamp, picture, tl0) as sent, or None: dropped."""
    def omit(self, source: int, generation: int, sequence: int) -> None: ...
    def leave_out(self, source: int, generation: int, sequence: int, picture: int) -> None: ...
    def resolve(self, sequence: int) -> tuple[int, int, int, int, int, int, int] | None:
        """(source, generation, source sequence, sequence, offsets of time stamp, picture, tl0)."""
