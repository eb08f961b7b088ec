"""Where a page sends its media: candidates of the server are replaced in the page."""


def only_candidate(host: str, port: int) -> str:
    """A script for the page: in every answer it finds this address alone.

    So each participant may have a way of his own, while the server advertises the same to all. The
    server learns where a browser is from its checks, so the way back needs nothing.
    """
    return f"""(() => {{
        const set = RTCPeerConnection.prototype.setRemoteDescription;
        RTCPeerConnection.prototype.setRemoteDescription = function (description) {{
            let first = true;
            const sdp = description.sdp.replace(/a=candidate:.*\\r\\n/g, () => {{
                const line = "a=candidate:1 1 udp 2130706431 {host} {port} typ host\\r\\n";
                return first ? ((first = false), line) : "";
            }});
            return set.call(this, {{ type: description.type, sdp }});
        }};
    }})()"""
