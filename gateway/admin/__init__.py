"""The monitor at /admin: pages for people, drawn on the server, in Russian."""
