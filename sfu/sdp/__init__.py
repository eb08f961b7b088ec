"""Session descriptions: a browser's offer in, our answer out (RFC 8866, RFC 8829, RFC 9143)."""

from .answer import Candidate, Identity, SlotSsrc, write_answer
from .codecs import Codec
from .offer import Fingerprint, Offer, Section, parse_offer
from .plan import Plan, Slot, Source, make_plan

__all__ = [
    "Candidate",
    "Codec",
    "Fingerprint",
    "Identity",
    "Offer",
    "Plan",
    "Section",
    "Slot",
    "SlotSsrc",
    "Source",
    "make_plan",
    "parse_offer",
    "write_answer",
]
