"""Why a repository was embedded the way it was: the program's own decisions as a model, run forwards and backwards."""
