"""The printed map and plots: what is drawn where, and how it looks on paper."""
