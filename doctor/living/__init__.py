"""Living with findings: what is known already, what is left alone on purpose, and what became of two runs."""
