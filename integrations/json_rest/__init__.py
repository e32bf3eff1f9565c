"""Departments' back ends that speak JSON over HTTP and are described by data."""
