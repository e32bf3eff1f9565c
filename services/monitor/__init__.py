"""What admins and departments look at in a browser: sessions, figures, tables, the ranking."""
