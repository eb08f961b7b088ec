"""Signed tokens: the right to a seat (`call`), the right to a session of media (`media`)."""

from dataclasses import dataclass
from typing import Literal

import jwt
import msgspec

from zvonok.wire.client import Role
from zvonok.wire.errors import Refusal
from zvonok.wire.rest import MediaRole

ALGORITHM = "HS256"
GRANT_SECONDS = 12 * 3600
"""Only for taking a seat: a seat once taken does not depend on it."""
RENEW_SECONDS = 24 * 3600
"""After its end a grant still takes back the very seat it was used for, and may be renewed."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Who may take a seat in which call, as what."""

    id: str
    lesson: str
    link: str
    role: Role
    name: str


@dataclass(frozen=True, kw_only=True)
class MediaGrant:
    """Who may begin a WHIP or WHEP session in which call."""

    id: str
    lesson: str
    role: MediaRole
    name: str


class _Claims(msgspec.Struct):
    aud: Literal["call", "media"]
    exp: float
    jti: str
    lesson: str
    role: str
    name: str
    link: str = ""


class Grants:
    """Signs and checks with the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def sign(self, grant: Grant, now: float, seconds: float = GRANT_SECONDS) -> str:
        return self._sign(
            _Claims(
                aud="call",
                exp=now + seconds,
                jti=grant.id,
                lesson=grant.lesson,
                role=grant.role,
                name=grant.name,
                link=grant.link,
            )
        )

    def sign_media(self, grant: MediaGrant, now: float, seconds: float) -> str:
        return self._sign(
            _Claims(
                aud="media",
                exp=now + seconds,
                jti=grant.id,
                lesson=grant.lesson,
                role=grant.role,
                name=grant.name,
            )
        )

    def grant(self, token: str, now: float, *, late: float = 0.0) -> Grant:
        """Raises Refusal `bad_grant`, or `grant_expired` from `late` seconds after its end."""
        claims = self._claims(token, "call", now - late)
        return Grant(
            id=claims.jti,
            lesson=claims.lesson,
            link=claims.link,
            role=msgspec.convert(claims.role, Role),
            name=claims.name,
        )

    def media(self, token: str, now: float) -> MediaGrant:
        """Raises Refusal `bad_token` or `token_expired`."""
        claims = self._claims(token, "media", now)
        return MediaGrant(
            id=claims.jti,
            lesson=claims.lesson,
            role=msgspec.convert(claims.role, MediaRole),
            name=claims.name,
        )

    def _sign(self, claims: _Claims) -> str:
        return jwt.encode(msgspec.to_builtins(claims), self._secret, algorithm=ALGORITHM)

    def _claims(self, token: str, audience: Literal["call", "media"], now: float) -> _Claims:
        word = "grant" if audience == "call" else "token"
        try:
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=audience,
                # The time is an argument here, so it is checked below.
                options={"verify_exp": False, "require": ["exp", "aud", "jti"]},
            )
            claims = msgspec.convert(payload, _Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError, ValueError) as error:
            raise Refusal(401, f"bad_{word}", f"this {word} is not one of ours") from error
        if claims.exp <= now:
            raise Refusal(401, f"{word}_expired", f"this {word} has expired")
        return claims
