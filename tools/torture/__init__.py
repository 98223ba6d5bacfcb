"""Faults in a real cluster under load, and the check of what its clients saw. `bin/torture`."""
