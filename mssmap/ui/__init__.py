"""What the pages are made of: the cache, the state in the address, the components."""
