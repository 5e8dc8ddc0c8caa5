"""Sources: all that looks at files, processes and networks."""
