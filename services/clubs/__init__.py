"""Clubs: programmes, groups, places never oversold, a waiting list that explains itself."""
