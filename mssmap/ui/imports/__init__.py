"""The imports page: a file checked, placed and taken, and archives by the million."""
