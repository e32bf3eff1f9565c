"""Doctors: slots that nobody books twice, a waiting list that comes first, norms in the open."""
