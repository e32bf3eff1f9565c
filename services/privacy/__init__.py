"""Sealing and opening of personal values, keyed hashes, notes of reads."""
