"""What every test gets: gates against leaks, and real servers for those that ask."""

from hypothesis import settings

from tests.leaks import (
    gate_of_the_loop,
    gate_of_the_loop_of_all,
    no_leaked_descriptors,
    no_leaked_kernel_objects,
    no_leaked_tasks,
)
from tests.servers import postgres_server, postgres_url, redis_server, redis_url
from tests.surroundings import forget_settings, take_usable_folder

__all__ = [
    "gate_of_the_loop",
    "gate_of_the_loop_of_all",
    "no_leaked_descriptors",
    "no_leaked_kernel_objects",
    "no_leaked_tasks",
    "postgres_server",
    "postgres_url",
    "redis_server",
    "redis_url",
]

forget_settings()
take_usable_folder()

# How long an example takes is the machine's affair: no test fails for it.
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")
