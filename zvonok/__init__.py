"""Zvonok: calls and chats for schools. This package is what every process may import."""

__version__ = "0.1.0"
