"""Pictures, decoded and encoded in a process of its own."""
