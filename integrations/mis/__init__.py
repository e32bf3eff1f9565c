"""Clinics' own systems (MIS)."""
