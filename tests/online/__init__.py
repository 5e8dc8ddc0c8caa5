"""Tests against real servers, which their fixtures start and stop."""
