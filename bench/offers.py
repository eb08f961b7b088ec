"""Offers that cost as much as an offer can: one kind of line again and again, up to the limits."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sfu.sdp.lines import MAX_CHARACTERS, MAX_LINES, MAX_SECTIONS

FINGERPRINT = ":".join(["AB"] * 32)
TRANSPORT = (
    "a=ice-ufrag:BXlN",
    "a=ice-pwd:PxnC3Dzf8Ld8qrAe8nym4HbL",
    f"a=fingerprint:sha-256 {FINGERPRINT}",
    "a=setup:actpass",
)
VIDEO = (
    "a=rtcp-mux",
    "a=rtcp-rsize",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "a=rtpmap:96 VP8/90000",
    "a=rtcp-fb:96 transport-cc",
    "a=rtcp-fb:96 nack pli",
    "a=rtpmap:97 rtx/90000",
    "a=fmtp:97 apt=96",
)
LONG = 1000
"""Items in one line."""
LINES = (
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:1 a",
    "a=fmtp:96 a=b",
    "a=fmtp:97 apt=96",
    "a=fmtp:96 " + "a;" * LONG,
    "a=fmtp:97 " + "a;" * LONG,
    "a=rtcp-fb:96 nack",
    "a=rtcp-fb:* nack",
    "a=rtcp-fb:96 " + "n " * LONG,
    "a=ssrc:{} a",
    "a=ssrc:1 a",
    "a=ssrc-group:FID {} 2",
    "a=ssrc-group:SIM " + "1 " * LONG,
    "a=rid:a{} send",
    "a=rid:q send",
    "a=rid:q send " + "a=b;" * (LONG // 2),
    "a=simulcast:send " + "a;" * LONG,
    "a=simulcast:send " + "a," * LONG,
    "a=candidate:1",
    "a=candidate:2403066213 1 udp 2122194687 192.0.2.1 44999 typ host generation 0 network-id 1",
    "a=x",
    "a=" + "x" * 2 * LONG,
    "a=msid:" + "x" * 40,
    "a=sendonly",
    "a=rtpmap:96 VP8/90000",
    "a=rtpmap:98 rtx/90000",
    "a=group:BUNDLE " + "0 " * LONG,
    "a=group:BUNDLE " + "7 " * LONG,
    f"a=fingerprint:sha-256 {FINGERPRINT}",
    "a=fingerprint:sha-1 A",
    "a=mid:0",
    "a=setup:active",
    "a=ice-ufrag:aaaa",
    "b=AS:1",
)


@dataclass(frozen=True)
class Shape:
    """Offers that grow: `text(n)` has n lines of one kind where `place` says."""

    line: str
    place: str
    """`session`, or `sections`: in each of them."""
    sections: int

    @property
    def name(self) -> str:
        return f"{self.line[:32].strip()} · {self.place} of {self.sections}"

    def text(self, lines: int, factor: int = 1) -> str:
        """Lines in all; `factor` multiplies the sections as well."""
        sections = self.sections * factor
        if self.place == "session":
            return offer(sections, head=_lines(self.line, lines))
        return offer(sections, each=_lines(self.line, lines // sections))


def shapes() -> Iterator[Shape]:
    for line in LINES:
        yield Shape(line, "session", MAX_SECTIONS)
        yield from (Shape(line, "sections", sections) for sections in (1, 17, MAX_SECTIONS))


def offer(sections: int, head: Sequence[str] = (), each: Sequence[str] = ()) -> str:
    """One of `sections` receiving video sections that a browser could have written."""
    mids = " ".join(map(str, range(sections)))
    rows = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", *head, f"a=group:BUNDLE {mids}"]
    rows += TRANSPORT
    for mid in range(sections):
        rows += ["m=video 9 UDP/TLS/RTP/SAVPF 96 97", f"a=mid:{mid}", "a=recvonly", *VIDEO, *each]
    return "\r\n".join(rows) + "\r\n"


def largest(text: Callable[[int], str]) -> str:
    """Of the offers that grow with a number the last that is within the limits."""
    low, high = 0, MAX_LINES
    while high - low > 1:
        middle = (low + high) // 2
        candidate = text(middle)
        fits = len(candidate) <= MAX_CHARACTERS and candidate.count("\n") < MAX_LINES
        low, high = (middle, high) if fits else (low, middle)
    return text(low)


def many_formats() -> str:
    """Every payload type there is, all of them repairs, in each section."""

    def text(count: int) -> str:
        types = [str(number) for number in range(20, 20 + min(count, 70))]
        lines = [f"a=rtpmap:{n} rtx/90000\r\na=fmtp:{n} apt={n}" for n in types]
        return offer(MAX_SECTIONS, each=lines).replace(" 96 97", " " + " ".join([*types, "96"]))

    return largest(text)


def _lines(line: str, count: int) -> list[str]:
    return [line.replace("{}", str(number)) for number in range(count)]
