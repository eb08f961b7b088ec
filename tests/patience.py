"""How long a test waits for what must come. It measures nothing: a busy machine takes its time."""

PATIENCE = 30.0
"""Seconds."""
