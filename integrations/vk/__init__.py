"""VK: read an event, render a message, send. The only place that imports vkbottle."""
