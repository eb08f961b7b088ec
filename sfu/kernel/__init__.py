"""The media kernel: UDP, SRTP, rewriting, fan-out and retransmission, without the GIL."""
