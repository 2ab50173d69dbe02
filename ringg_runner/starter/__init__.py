"""A project to begin with: its files, and what an API lists to fill them."""
