"""What every test gets: gates against leaks, and real servers for those that ask."""

from tests.leaks import (
    gate_of_the_loop,
    no_leaked_descriptors,
    no_leaked_kernel_objects,
    no_leaked_tasks,
)
from tests.servers import postgres_server, postgres_url, redis_server, redis_url

__all__ = [
    "gate_of_the_loop",
    "no_leaked_descriptors",
    "no_leaked_kernel_objects",
    "no_leaked_tasks",
    "postgres_server",
    "postgres_url",
    "redis_server",
    "redis_url",
]
