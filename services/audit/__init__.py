"""Who looked at whose data and who changed the house: noted, chained, verified, listed."""
