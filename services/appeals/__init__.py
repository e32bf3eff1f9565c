"""Appeals: what residents write to the departments."""
