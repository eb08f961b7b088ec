"""The state machine of a call, and the parts it is made of: see docs/call.md. No clock, no I/O."""
