"""What pages of other origins may read: replies of WHIP and WHEP, whoever of us gives them."""

PATHS = ("/api/whip", "/api/whep")
"""And all below them."""
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Post, Allow, Retry-After",
}
