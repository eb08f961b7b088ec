"""A lesson that is made over HTTP, where how it is made is not the point of the test."""

from tests.e2e.running import Running


class Lesson:
    def __init__(self, running: Running, title: str) -> None:
        created = running.request("POST", "/api/lessons", {"title": title})
        self._running = running
        self.id: str = created["lesson"]["id"]
        self.host_link: str = created["host_link"]
        self.participant_link: str = created["participant_link"]

    @property
    def host_address(self) -> str:
        return f"{self._running.origin}/j/{self.host_link}"

    @property
    def address(self) -> str:
        return f"{self._running.origin}/j/{self.participant_link}"

    @property
    def whip(self) -> str:
        return f"{self._running.origin}/api/whip"

    @property
    def whep(self) -> str:
        return f"{self._running.origin}/api/whep"

    def media_token(self, role: str, name: str = "") -> str:
        """For WHIP (`publish`) or WHEP (`subscribe`)."""
        path = f"/api/lessons/{self.id}/media-tokens"
        token: str = self._running.request("POST", path, {"role": role, "name": name})["token"]
        return token

    def revoke(self, link: str) -> None:
        self._running.request("DELETE", f"/api/lessons/{self.id}/links/{link}")
