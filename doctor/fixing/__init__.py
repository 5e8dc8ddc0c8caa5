"""Changes to an installation: to the text of its files, and to the files themselves."""
