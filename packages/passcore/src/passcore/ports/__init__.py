"""What the core asks of the world: Protocols, one file a port."""
