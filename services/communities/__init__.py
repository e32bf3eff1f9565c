"""Operators and their pages, and the directory that processes keep of them."""
