"""A line that one can put between: what delay, loss, a narrow bottleneck and outages do to packets.

The models (`line`, `direction`, `bottleneck`, `link`, `capacity`, `loss`, `rival`, `traits`,
`presets`) are pure: they are given the time and say when each packet comes out or why it is lost.
So control loops can be tested over thousands of seeds without a socket. The relays (`datagrams`,
`streams`) let real packets through the same models. `python -m bench.line --help`.
"""
