"""Signed tokens: the right to a seat (`call`), the right to a session of media (`media`)."""

import base64
import hmac
from dataclasses import dataclass
from typing import Literal, TypeVar

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
    link: str | None
    """By which the one who made it had come; None: it was made with the key of the school."""
    role: MediaRole
    name: str


class _CallClaims(msgspec.Struct):
    aud: Literal["call"]
    exp: float
    jti: str
    lesson: str
    link: str
    role: Role
    name: str


class _MediaClaims(msgspec.Struct):
    aud: Literal["media"]
    exp: float
    jti: str
    lesson: str
    role: MediaRole
    name: str
    link: str | None = None


Claims = TypeVar("Claims", _CallClaims, _MediaClaims)


class Grants:
    """Signs and checks with the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def id_of_entry(self, link: str, key: str) -> str:
        """The id of the grant for this entry: whoever does not know the key cannot guess it."""
        data = msgspec.json.encode(["entry", link, key])
        digest = hmac.digest(self._secret.encode(), data, "sha256")[:16]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def sign(self, grant: Grant, now: float, seconds: float = GRANT_SECONDS) -> str:
        return self._sign(
            _CallClaims(
                aud="call",
                exp=now + seconds,
                jti=grant.id,
                lesson=grant.lesson,
                link=grant.link,
                role=grant.role,
                name=grant.name,
            )
        )

    def sign_media(self, grant: MediaGrant, now: float, seconds: float) -> str:
        return self._sign(
            _MediaClaims(
                aud="media",
                exp=now + seconds,
                jti=grant.id,
                lesson=grant.lesson,
                link=grant.link,
                role=grant.role,
                name=grant.name,
            )
        )

    def grant(self, token: str, now: float, *, late: float = 0.0) -> Grant:
        """Raises Refusal `bad_grant`, or `grant_expired` from `late` seconds after its end."""
        claims = self._claims(token, _CallClaims, "call", "grant")
        if claims.exp + late <= now:
            raise Refusal(401, "grant_expired", "this grant has expired")
        return Grant(
            id=claims.jti,
            lesson=claims.lesson,
            link=claims.link,
            role=claims.role,
            name=claims.name,
        )

    def media(self, token: str, now: float) -> MediaGrant:
        """Raises Refusal `bad_token` or `token_expired`."""
        claims = self._claims(token, _MediaClaims, "media", "token")
        if claims.exp <= now:
            raise Refusal(401, "token_expired", "this token has expired")
        return MediaGrant(
            id=claims.jti,
            lesson=claims.lesson,
            link=claims.link,
            role=claims.role,
            name=claims.name,
        )

    def _sign(self, claims: _CallClaims | _MediaClaims) -> str:
        return jwt.encode(msgspec.to_builtins(claims), self._secret, algorithm=ALGORITHM)

    def _claims(self, token: str, kind: type[Claims], audience: str, word: str) -> Claims:
        try:
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=audience,
                # The time is an argument here, so the caller checks it.
                options={"verify_exp": False},
            )
            return msgspec.convert(payload, kind)
        except (jwt.InvalidTokenError, msgspec.ValidationError, ValueError) as error:
            raise Refusal(401, f"bad_{word}", f"this {word} is not one of ours") from error
