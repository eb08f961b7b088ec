"""A viewer's estimator by itself, in virtual time: a sender that obeys it, a line of `bench.line`,
and a receiver that tells arrivals as browsers do. `python -m bench.estimate --help`.
"""
