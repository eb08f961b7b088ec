"""What two processes must agree on byte for byte. Pure: no clock, no sockets, no asyncio."""
