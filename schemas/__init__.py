"""Structs that cross a boundary: a channel, the REST surface, a webhook. msgspec only."""
