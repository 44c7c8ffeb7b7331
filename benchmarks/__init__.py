"""Measurements of the app against the usual way; nothing here is a test, for times depend on the machine."""
