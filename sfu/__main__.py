"""`python -m sfu`."""

import sys

from zvonok.service.run import run

from .node import serve

sys.exit(run(serve, process="sfu"))
