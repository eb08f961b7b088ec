"""Whether a grant still counts."""

from zvonok.wire.errors import Refusal

from .grants import Grant
from .store import Lesson, Store


async def admitted(store: Store, grant: Grant) -> Lesson:
    """The lesson of a grant whose link has not been revoked, whatever the grant is used for.

    Only who has a seat already goes without: revoking a link throws nobody out.
    Raises Refusal 410 `link_revoked`.
    """
    found = await store.link(grant.link)
    if found is None or found[0].revoked is not None:
        raise Refusal(410, "link_revoked", "this link was revoked")
    return found[1]
