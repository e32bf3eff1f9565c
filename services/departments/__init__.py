"""Who must act: departments, routing, categories, API keys, webhooks."""
