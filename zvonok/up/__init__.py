"""`zvonok up`: a whole installation on one machine, under one supervisor.

Owns the private Redis, nginx, the local certificate authority and the lives of our processes;
everything it writes is under `{var}`.
"""
