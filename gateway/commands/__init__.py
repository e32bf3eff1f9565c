"""The commands of `gateway`, one module a noun."""
