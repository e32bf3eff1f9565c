"""The one way to addresses that somebody else typed."""
