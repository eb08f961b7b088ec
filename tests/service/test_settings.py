import errno
from pathlib import Path

import pytest

from zvonok.service.settings import DEFAULTS, KEY_ALPHABET, SettingsError, load


def environ(folder: Path, **more: str) -> dict[str, str]:
    return {"ZVONOK_VAR": str(folder), **more}


def test_defaults(tmp_path: Path) -> None:
    settings = load(environ(tmp_path))
    assert (settings.http_port, settings.https_port, settings.media_port) == (8080, 8443, 8081)
    assert settings.redis_url == f"unix://{tmp_path}/run/redis.sock"
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/zvonok.db"
    assert settings.socket("signaling") == tmp_path / "run" / "signaling.sock"
    assert settings.public_addresses == ()
    assert not settings.supervised


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "zvonok.toml"
    file.write_text('http_port = 9000\nhttps_port = "9001"\nworker = "hall"\n')
    settings = load(environ(tmp_path, ZVONOK_CONFIG=str(file), ZVONOK_HTTP_PORT="9002"))
    assert (settings.http_port, settings.https_port, settings.worker) == (9002, 9001, "hall")


def test_public_addresses_are_checked_and_written_one_way(tmp_path: Path) -> None:
    addresses = "203.0.113.7, 2001:DB8:0::1"
    settings = load(environ(tmp_path, ZVONOK_PUBLIC_ADDRESS=addresses))
    assert settings.public_addresses == ("203.0.113.7", "2001:db8::1")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("ZVONOK_HTTP_PORT", "0", "http_port = '0'"),
        ("ZVONOK_HTTP_PORT", "65536", "http_port = '65536'"),
        ("ZVONOK_MEDIA_PORT", "-1", "media_port = '-1'"),
        ("ZVONOK_HTTPS_PORT", "²", "https_port = '²'"),
        ("ZVONOK_LOG_LEVEL", "loud", "log_level = 'loud'"),
        ("ZVONOK_PUBLIC_ADDRESS", "school.example", "public_address: 'school.example'"),
        ("ZVONOK_CONFIG", "/nowhere.toml", "ZVONOK_CONFIG = '/nowhere.toml'"),
        ("ZVONOK_WORKER", "", "worker = ''"),
        ("ZVONOK_WORKER", "a:b", "worker = 'a:b'"),
        ("ZVONOK_REDIS_URL", "redis.example", "redis_url: it has to begin with redis://"),
        ("ZVONOK_DATABASE_URL", "mysql://x/y", "database_url: it has to begin with sqlite"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, name: str, value: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        load(environ(tmp_path, **{name: value}))


def test_a_complaint_does_not_tell_a_password(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(environ(tmp_path, ZVONOK_DATABASE_URL="postgresql://zvonok:geheim@db.example/zvonok"))
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("colour = 1", "colour is no setting"), ("http_port = true", "http_port"), ("=", "TOML|line")],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "zvonok.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=complaint):
        load(environ(tmp_path, ZVONOK_CONFIG=str(file)))


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="too long"):
        load(environ(tmp_path / ("x" * 100)))


def test_keys_are_made_once_and_kept_to_ourselves(tmp_path: Path) -> None:
    var = tmp_path / "var"
    first, second = load(environ(var)), load(environ(var))
    assert first == second
    assert load(environ(tmp_path / "other")).secret != first.secret
    for path in (var / "secret", var / "school-key"):
        assert path.stat().st_mode & 0o777 == 0o600
    assert var.stat().st_mode & 0o777 == 0o700


def test_a_key_that_cannot_be_written_is_named_and_nothing_of_it_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SettingsError, match=f"{tmp_path}/secret.*No space left on device"):
        load(environ(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_school_key_can_be_read_aloud(tmp_path: Path) -> None:
    groups = load(environ(tmp_path)).school_key.split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4]
    assert set("".join(groups)) <= set(KEY_ALPHABET)


def test_keys_are_not_printed(tmp_path: Path) -> None:
    settings = load(environ(tmp_path))
    assert settings.secret not in repr(settings)
    assert settings.school_key not in repr(settings)


def test_given_keys_win(tmp_path: Path) -> None:
    settings = load(environ(tmp_path, ZVONOK_SECRET="s", ZVONOK_SCHOOL_KEY="k"))
    assert (settings.secret, settings.school_key) == ("s", "k")
    assert not (tmp_path / "secret").exists()


def test_every_setting_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    for name in DEFAULTS:
        assert f"| `ZVONOK_{name.upper()}` |" in text, name
