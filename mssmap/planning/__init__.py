"""Bases that are proposed, and whom they reach."""
