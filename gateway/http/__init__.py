"""Thin handlers: what is asked over HTTP, and whom it is passed on to."""
