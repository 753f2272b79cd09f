"""What holds for every test."""

import os
import signal

from hypothesis import settings

# A shell has what runs in its background ignore interrupts, and every program that a test starts and interrupts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run and no limit of time, so that only a change of the code changes the result.
# HYPOTHESIS_PROFILE=default looks for new examples.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
