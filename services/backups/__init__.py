"""Backups: the whole gateway in one encrypted file; a restore that tells nobody twice."""
