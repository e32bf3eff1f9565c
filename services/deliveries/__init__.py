"""The outbox: what must leave the gateway, claimed, sent and settled."""
