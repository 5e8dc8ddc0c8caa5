"""
The services beside the worker: the API and the text search server.

What opens sockets is in modules of its own (`api`, `zoekt`), which a run with `--offline` does not load.
"""
