"""Mutation testing of the checks: each condition is turned round, and some test has to notice."""
