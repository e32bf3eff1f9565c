"""The database: pool, queries, migrations."""
