"""Being served before whatever else the machine does, for what is not meant to measure that."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def before_others() -> Iterator[None]:
    """This thread, and those it starts meanwhile, go before all usual ones (SCHED_RR; needs root).

    Where even root may not, as in some containers, nothing changes.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
