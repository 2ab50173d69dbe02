"""Shows checks, plans and runs: as text for people, as JSON for programs. It decides nothing."""
