"""Offers of the shapes that browsers and other stacks write."""

from dataclasses import dataclass, field

from zvonok.wire.ids import VIDEO_SLOTS

FINGERPRINT = ":".join(["AB"] * 32)

CHROMIUM_EXTENSIONS = {
    2: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    3: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    4: "urn:ietf:params:rtp-hdrext:sdes:mid",
}
CHROMIUM_AUDIO = {1: "urn:ietf:params:rtp-hdrext:ssrc-audio-level", **CHROMIUM_EXTENSIONS}
CHROMIUM_VIDEO = {
    **CHROMIUM_EXTENSIONS,
    13: "urn:3gpp:video-orientation",
    10: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    11: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
}


@dataclass
class Draft:
    """An offer under construction; `text()` is what a Chromium with these sections writes."""

    ufrag: str = "BXlN"
    fingerprint: str = FINGERPRINT
    sections: list[list[str]] = field(default_factory=list)

    def audio(self, direction: str) -> "Draft":
        return self._add(
            "audio",
            "111 63",
            direction,
            CHROMIUM_AUDIO,
            "a=rtpmap:111 opus/48000/2",
            "a=rtcp-fb:111 transport-cc",
            "a=fmtp:111 minptime=10;useinbandfec=1",
            "a=rtpmap:63 red/48000/2",
            "a=fmtp:63 111/111",
        )

    def video(self, direction: str, *more: str) -> "Draft":
        feedback = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
        return self._add(
            "video",
            "96 97",
            direction,
            CHROMIUM_VIDEO,
            "a=rtpmap:96 VP8/90000",
            *(f"a=rtcp-fb:96 {value}" for value in feedback),
            "a=rtpmap:97 rtx/90000",
            "a=fmtp:97 apt=96",
            *more,
        )

    def _add(
        self, media: str, formats: str, direction: str, extensions: dict[int, str], *lines: str
    ) -> "Draft":
        mid = len(self.sections)
        self.sections.append(
            [
                f"m={media} 9 UDP/TLS/RTP/SAVPF {formats}",
                "c=IN IP4 0.0.0.0",
                f"a=ice-ufrag:{self.ufrag}",
                "a=ice-pwd:PxnC3Dzf8Ld8qrAe8nym4HbL",
                f"a=fingerprint:sha-256 {self.fingerprint}",
                "a=setup:actpass",
                f"a=mid:{mid}",
                *(f"a=extmap:{number} {uri}" for number, uri in extensions.items()),
                f"a={direction}",
                "a=rtcp-mux",
                "a=rtcp-rsize",
                *lines,
            ]
        )
        return self

    def text(self) -> str:
        mids = " ".join(str(mid) for mid in range(len(self.sections)))
        head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
        lines = head + [line for section in self.sections for line in section]
        return "\r\n".join(lines) + "\r\n"


SSRCS = "a=ssrc-group:FID 1001 1002\r\na=ssrc:1001 cname:x\r\na=ssrc:1002 cname:x\r\n"
SIMULCAST = ("a=rid:q send", "a=rid:h send", "a=rid:f send", "a=simulcast:send q;h;f")


def browser(
    ufrag: str = "BXlN", fingerprint: str = FINGERPRINT, pictures: int = VIDEO_SLOTS
) -> str:
    """Everything our own client offers, with room for as many `pictures` at once."""
    draft = Draft(ufrag, fingerprint)
    draft.audio("sendonly").video("sendonly", *SIMULCAST).video("sendonly").audio("sendonly")
    for _ in range(4):
        draft.audio("recvonly")
    for _ in range(pictures):
        draft.video("recvonly")
    return draft.text()


def whip() -> str:
    """A sender without layers that names its SSRCs."""
    return Draft().audio("sendonly").video("sendonly", *SSRCS.splitlines()).text()


def whep() -> str:
    return Draft().audio("recvonly").video("recvonly").text()
