"""The ground that plans stand on: cells with their people, and the ways between them."""
