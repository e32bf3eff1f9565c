"""Each outside event once: events are taken in batches, every one has one effect."""
