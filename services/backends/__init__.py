"""Departments' own systems: how they are described, what they report, what both sides think."""
