"""How any process lives: settings, bus, storage, logs, metrics, health, a graceful stop.

Knows nothing of calls, media or messages.
"""
