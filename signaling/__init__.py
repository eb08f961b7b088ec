"""Calls: who may enter, who is there, what each may do; the browser's WebSocket, WHIP and WHEP.

Owns lessons, links and attendance (SQL) and the live state of calls (Redis). Tells the SFU what
each session of media should be and passes on what it answers (`zvonok.wire.bus`).
"""
