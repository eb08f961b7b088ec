"""The one error shape, the same over HTTP and WebSocket.

`{"error": {"code": "…", "message": "…", "details": {…}}}`
"""

from typing import Any

import msgspec


class ErrorBody(msgspec.Struct, frozen=True):
    """What went wrong, in a form a program (`code`) and a person (`message`) can use."""

    code: str
    message: str
    details: dict[str, Any] = {}


class ErrorReply(msgspec.Struct, frozen=True):
    """The body of every HTTP reply with a status of 400 or more."""

    error: ErrorBody


class Refusal(Exception):
    """A request that is refused; adapters turn it into a reply in the one error shape."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.body = ErrorBody(code, message, details)
