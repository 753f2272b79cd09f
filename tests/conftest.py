"""What holds for every test."""

import signal

# A shell has what runs in its background ignore interrupts, and every program that a test starts and interrupts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
