"""What is kept of a test that failed: the servers' words and counts, and what each page knew."""

import json
from collections.abc import Iterable

from playwright.async_api import Error

from tests.e2e.person import Person
from tests.e2e.running import Running

LOG_LINES = 200
PROCESSES = ("sfu", "signaling")


def of_the_servers(running: Running, since: int) -> str:
    """`since`: how much of the log had been written when the test began, in characters."""
    log = running.log[since:].splitlines()
    parts = [f"{len(log)} lines of log, the last {LOG_LINES}:", *log[-LOG_LINES:]]
    for process in PROCESSES:
        parts.append(f"counters of {process}:")
        try:
            counters = running.counters(process)
        except OSError as error:
            parts.append(f"  not to be had: {error}")
            continue
        parts += [
            f"  {name} {value:g}"
            for name, value in sorted(counters.items())
            if value and name.startswith(process) and "_created" not in name
        ]
    return "\n".join(parts)


async def of_the_pages(people: Iterable[Person]) -> str:
    parts = []
    for person in people:
        parts.append(f"what {person.name} knew:")
        try:
            found = await person.evidence()
        except Error as error:
            parts.append(f"  not to be had: {error}")
            continue
        parts += [f"  {name}: {json.dumps(it, ensure_ascii=False)}" for name, it in found.items()]
    return "\n".join(parts)
