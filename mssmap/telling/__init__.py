"""Facts as text, as tables and as charts."""
