"""Departments' back ends that take signed webhooks."""
