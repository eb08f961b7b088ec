import sys

from zvonok.service.run import run

from .app import main

if __name__ == "__main__":
    sys.exit(run(main, process="signaling"))
