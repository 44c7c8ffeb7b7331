"""What things are called and what they look like."""
