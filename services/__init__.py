"""What the gateway does: SQL and transactions, no framework."""
