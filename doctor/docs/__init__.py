"""The documentation that is made from the code: pages of checks, the fault matrix, contracts, help texts, the site."""
