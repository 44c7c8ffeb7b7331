"""The process: how it starts and ends, its door, and what it answers besides pages."""
