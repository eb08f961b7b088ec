"""The media node: answers offers, does DTLS, and tells the kernel what to forward to whom.

Reads the wanted sessions from Redis and writes the actual ones; packets never touch Python.
"""
