"""Where the work on each repository is done: in worker processes of this machine, or on a cluster.

The unit of work is the same everywhere (`unit`): one repository → its facts and how it scores alone.
"""
