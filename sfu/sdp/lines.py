"""The lines of a session description, split into sections and bounded in every direction.

Whatever is wrong ends in `Refusal` 422 with the code `sdp_too_large` or `sdp_invalid`. What is done
in Python per line is little, because whoever offers decides how many there are.
"""

from dataclasses import dataclass

from zvonok.wire.errors import Refusal

MAX_CHARACTERS = 131072
MAX_LINES = 3000
MAX_LINE = 2048
MAX_SECTIONS = 64
MAX_REPEATS = 16
"""Lines of one name that are asked for by `few`, in one section."""
_KEPT = frozenset(
    [
        "bundle-only",
        "extmap",
        "fingerprint",
        "fmtp",
        "group",
        "ice-lite",
        "ice-pwd",
        "ice-ufrag",
        "inactive",
        "mid",
        "recvonly",
        "rid",
        "rtcp-fb",
        "rtcp-mux",
        "rtcp-rsize",
        "rtcp-xr",
        "rtpmap",
        "sendonly",
        "sendrecv",
        "setup",
        "simulcast",
        "ssrc",
        "ssrc-group",
    ]
)
"""Attributes that are read; of all others, candidates above all, only the form is looked at."""
_PLAIN = bytes(range(0x20, 0x7F))


@dataclass(frozen=True, slots=True)
class Lines:
    """The session part (`media` is empty) or one m-section."""

    media: str
    attributes: dict[str, list[str]]
    """Values by name, both in the order of the text; "" for a flag."""

    def first(self, name: str) -> str | None:
        """The value of the first attribute of that name; None when absent."""
        values = self.attributes.get(name)
        return values[0] if values else None

    def every(self, name: str) -> list[str]:
        return self.attributes.get(name, [])

    def few(self, name: str) -> list[str]:
        """Values of an attribute that costs something to read and comes a handful of times.

        Raises Refusal when there are more than `MAX_REPEATS`.
        """
        values = self.every(name)
        if len(values) > MAX_REPEATS:
            raise too_large(f"A section has too many {name} lines.", MAX_REPEATS)
        return values


def invalid(message: str) -> Refusal:
    return Refusal(422, "sdp_invalid", message)


def too_large(message: str, limit: int) -> Refusal:
    return Refusal(422, "sdp_too_large", message, limit=limit)


def unusable(message: str, reason: str, **details: object) -> Refusal:
    """Well-formed, but not for us."""
    return Refusal(422, "sdp_unusable", message, reason=reason, **details)


def number(text: str, low: int, high: int) -> int:
    """A decimal number of at most ten digits in `low`–`high`."""
    if not (0 < len(text) <= 10 and text.isascii() and text.isdigit()):
        raise invalid("A number was expected.")
    value = int(text)
    if not low <= value <= high:
        raise invalid(f"The number {value} is not in {low}–{high}.")
    return value


def split(text: str) -> list[Lines]:
    """The session part followed by the m-sections."""
    rows = _rows(text)
    parts = [Lines("", {})]
    attributes = parts[0].attributes
    for row in rows:
        if row.startswith("a="):
            name, _, value = row[2:].partition(":")
            if name in attributes:
                attributes[name].append(value)
            elif name in _KEPT:
                attributes[name] = [value]
        elif row.startswith("m="):
            attributes = {}
            parts.append(Lines(row[2:], attributes))
        elif row and row[1:2] != "=":
            raise invalid("A line is not of the form type=value.")
    if len(parts) > MAX_SECTIONS + 1:
        raise too_large("The offer has too many sections.", MAX_SECTIONS)
    return parts


def _rows(text: str) -> list[str]:
    """The lines after the first; all of them are short and printable."""
    if len(text) > MAX_CHARACTERS:
        raise too_large("The offer is too long.", MAX_CHARACTERS)
    if text.count("\n") >= MAX_LINES:
        raise too_large("The offer has too many lines.", MAX_LINES)
    rows = text.replace("\r\n", "\n").removesuffix("\r").split("\n")
    if max(map(len, rows)) > MAX_LINE:
        raise too_large("A line of the offer is too long.", MAX_LINE)
    if rows[0] != "v=0":
        raise invalid("An offer begins with v=0.")
    # Character by character only where it must be: that costs more than all else here.
    odd = "".join(rows).encode("utf-8", "surrogatepass").translate(None, _PLAIN)
    if not odd.decode("utf-8", "surrogatepass").isprintable():
        raise invalid("A line has characters that cannot be printed.")
    return rows[1:]
