"""Plans in files: sealed, written whole or not at all, and read back only where nothing changed."""
