"""A reference department: it hears webhooks, works its queue over REST, and fails on request."""
