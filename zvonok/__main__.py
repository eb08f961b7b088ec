"""The one command line: `python -m zvonok up`."""

import argparse
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="zvonok", description="Calls and chats for schools.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start everything on this machine until Ctrl-C")
    parser.parse_args()

    from zvonok.up.main import up

    return up()


if __name__ == "__main__":
    sys.exit(main())
