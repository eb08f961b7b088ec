"""Whether what was given by a link still counts."""

from zvonok.wire.errors import Refusal

from .store import Lesson, Store


async def admitted(store: Store, link: str) -> Lesson:
    """The lesson of a link that has not been revoked, whatever a grant or token of it is used for.

    Only who has a seat already goes without: revoking a link throws nobody out.
    Raises Refusal 410 `link_revoked`.
    """
    found = await store.link(link)
    if found is None or found[0].revoked is not None:
        raise Refusal(410, "link_revoked", "this link was revoked")
    return found[1]
