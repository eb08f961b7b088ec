"""Who may do what: the one table, for the WebSocket and for HTTP."""

from collections.abc import Mapping
from typing import Literal

from zvonok.wire.client import Role
from zvonok.wire.errors import Refusal

Permission = Literal[
    "end_call",
    "manage_lesson",
    "pass_on_links",
    "replace_any_screen",
    "set_size",
    "take_reserved_seat",
]

MODERATORS = frozenset[Role]({"host", "co_admin"})

PERMISSIONS: Mapping[Permission, frozenset[Role]] = {
    # End the call for all.
    "end_call": MODERATORS,
    # See and change a lesson over HTTP: its links, its tokens for media, its end.
    "manage_lesson": MODERATORS,
    # Be told the link that others can be invited by.
    "pass_on_links": MODERATORS,
    # Share a screen in place of a moderator's; anybody may in place of anybody else's.
    "replace_any_screen": MODERATORS,
    # Say how many people the lesson is for, and hear of those who found it full.
    "set_size": MODERATORS,
    # Get in when only the reserved seats are left.
    "take_reserved_seat": MODERATORS,
}
"""What is not listed, everybody with a seat may do."""


def may(role: Role, permission: Permission) -> bool:
    return role in PERMISSIONS[permission]


def require(role: Role, permission: Permission) -> None:
    """Raises Refusal 403 `forbidden`."""
    if not may(role, permission):
        raise Refusal(403, "forbidden", f"a {role} may not do this: {permission}")
