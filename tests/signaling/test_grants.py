"""Signed tokens, whole and tampered with."""

import base64

import jwt
import pytest

from signaling.grants import GRANT_SECONDS, Grant, Grants, MediaGrant
from zvonok.wire.errors import Refusal

SECRET = "s" * 43
GRANTS = Grants(SECRET)
GRANT = Grant(id="g", lesson="l", link="k", role="host", name="Ольга")
MEDIA = MediaGrant(id="m", lesson="l", link="k", role="publish", name="OBS")


def code_of(token: str, now: float = 0.0, late: float = 0.0) -> str:
    with pytest.raises(Refusal) as refused:
        GRANTS.grant(token, now, late=late)
    assert refused.value.status == 401
    return refused.value.body.code


def test_what_was_signed_is_read() -> None:
    assert GRANTS.grant(GRANTS.sign(GRANT, 0), GRANT_SECONDS - 1) == GRANT
    assert GRANTS.media(GRANTS.sign_media(MEDIA, 0, 60), 59) == MEDIA


def test_grants_end() -> None:
    token = GRANTS.sign(GRANT, 0, seconds=60)
    assert code_of(token, 60) == "grant_expired"
    assert GRANTS.grant(token, 70, late=20) == GRANT
    assert code_of(token, 80, late=20) == "grant_expired"
    with pytest.raises(Refusal) as refused:
        GRANTS.media(GRANTS.sign_media(MEDIA, 0, 60), 60)
    assert refused.value.body.code == "token_expired"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", GRANTS.sign_media(MEDIA, 0, 60)])
def test_other_words_are_no_grants(token: str) -> None:
    assert code_of(token) == "bad_grant"


def test_a_grant_is_no_media_token() -> None:
    with pytest.raises(Refusal) as refused:
        GRANTS.media(GRANTS.sign(GRANT, 0), 0)
    assert refused.value.body.code == "bad_token"


def test_nobody_else_can_sign() -> None:
    assert code_of(Grants("t" * 43).sign(GRANT, 0)) == "bad_grant"
    header, payload, _ = GRANTS.sign(GRANT, 0).split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    assert code_of(f"{unsigned}.{payload}.") == "bad_grant"
    assert code_of(f"{header}.{payload}.") == "bad_grant"


@pytest.mark.parametrize(
    "change", [{"role": 5}, {"role": "king"}, {"exp": "never"}, {"exp": None}, {"aud": "media"}]
)
def test_odd_claims_are_refused_even_when_signed(change: dict[str, object]) -> None:
    claims = jwt.decode(GRANTS.sign(GRANT, 0), options={"verify_signature": False})
    assert code_of(jwt.encode({**claims, **change}, SECRET, algorithm="HS256")) == "bad_grant"


def test_an_entry_has_the_same_id_again_and_no_other_has() -> None:
    ids = {
        grants.id_of_entry(link, key)
        for grants in (GRANTS, Grants("t" * 43))
        for link, key in (("l", "k"), ("l", "m"), ("m", "k"), ("lk", ""))
    }
    assert len(ids) == 8
    assert {len(name) for name in ids} == {22}
    assert GRANTS.id_of_entry("l", "k") == GRANTS.id_of_entry("l", "k")
