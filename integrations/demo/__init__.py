"""A local stand-in for VK that keeps VK's rules, with a chat page, and a reference department.

It speaks HTTP alone, as the outside world does: it posts events to the gateway's
`/vk/callback`, answers the API methods that the gateway calls, receives signed webhooks and
works through `/api/v1`. It knows nothing of the gateway's inside.
"""
