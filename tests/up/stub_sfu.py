"""Stands in for the SFU. ZVONOK_STUB says how it behaves."""

import os
import signal
import sys
import time

from zvonok.service.run import Stop, ready, run


async def serve(stop: Stop) -> None:
    ready()
    await stop.wait()


if __name__ == "__main__":
    match os.environ.get("ZVONOK_STUB"):
        case "dies":
            sys.exit("no media today")
        case "hangs":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            ready()
            time.sleep(600)
        case _:
            sys.exit(run(serve, process="sfu"))
