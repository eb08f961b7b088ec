"""The lines of a session description, split into sections and bounded in every direction.

Whatever is wrong ends in `Refusal` 422 with the code `sdp_too_large` or `sdp_invalid`.
"""

from dataclasses import dataclass

from zvonok.wire.errors import Refusal

MAX_CHARACTERS = 131072
MAX_LINES = 10000
MAX_LINE = 2048
MAX_SECTIONS = 64


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


def invalid(message: str) -> Refusal:
    return Refusal(422, "sdp_invalid", message)


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
    if len(text) > MAX_CHARACTERS:
        raise Refusal(422, "sdp_too_large", "The offer is too long.", limit=MAX_CHARACTERS)
    rows = text.split("\n")
    if len(rows) > MAX_LINES:
        raise Refusal(422, "sdp_too_large", "The offer has too many lines.", limit=MAX_LINES)
    if rows[0].rstrip("\r") != "v=0":
        raise invalid("An offer begins with v=0.")
    parts = [Lines("", {})]
    for row in rows[1:]:
        _add_row(parts, row.rstrip("\r"))
    return parts


def _add_row(parts: list[Lines], row: str) -> None:
    if not row:
        return
    if len(row) > MAX_LINE:
        raise Refusal(422, "sdp_too_large", "A line of the offer is too long.", limit=MAX_LINE)
    if len(row) < 2 or row[1] != "=" or not row.isprintable():
        raise invalid("A line is not of the form type=value.")
    if row[0] == "m":
        if len(parts) > MAX_SECTIONS:
            raise Refusal(
                422, "sdp_too_large", "The offer has too many sections.", limit=MAX_SECTIONS
            )
        parts.append(Lines(row[2:], {}))
    elif row[0] == "a":
        name, _, value = row[2:].partition(":")
        parts[-1].attributes.setdefault(name, []).append(value)
