"""What is recorded, and when it was known."""
