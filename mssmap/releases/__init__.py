"""Releases of the data: what was accepted is written back into the data folder, with a version and the difference."""
