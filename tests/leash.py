"""What stands before a command whose process is not to outlive tests that were killed."""

LEASH = ("setpriv", "--pdeathsig", "KILL")
PARENTS_LEASH = ("setpriv", "--pdeathsig", "TERM")
"""For who has started others and ends them upon that: a supervisor, or whoever drives a browser."""
