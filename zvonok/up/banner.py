"""What a person sees once everything runs."""

import io
from collections.abc import Sequence

import segno

from zvonok.service.addresses import https_origin


def banner(
    *, http_port: int, https_port: int, addresses: Sequence[str], key: str, drawn: bool
) -> str:
    """Addresses to open, the key, and, when `drawn`, a QR code for phones."""
    local = f"http://localhost:{http_port}/"
    # After the # it stays in the browser: no server and no log sees it.
    lines = ["", "Zvonok runs.", "", f"  On this machine:  {local}#key={key}"]
    others = [f"{https_origin(address, https_port)}/" for address in addresses]
    if others:
        lines += [f"  In this network:  {others[0]}", *(" " * 20 + other for other in others[1:])]
        lines += [
            "                    The browser warns once; to spare everybody the warning,",
            f"                    install {others[0]}ca.crt as a trusted authority.",
        ]
    lines += [f"  School key:       {key}   (lets one create lessons)", ""]
    if drawn and others:
        lines += [_qr(others[0]), ""]
    lines += ["Ctrl-C stops everything.", ""]
    return "\n".join(lines)


def _qr(text: str) -> str:
    out = io.StringIO()
    segno.make_qr(text).terminal(out=out, compact=True)
    return out.getvalue().rstrip("\n")
