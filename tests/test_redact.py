"""Which names are those of secrets."""

from __future__ import annotations

import pytest

from doctor.redact import is_secret_name


@pytest.mark.parametrize(
    "name",
    ["", "port", "user", "keyspace", "max_tokens_per_request", "gemini.max_tokens", "token_count", "total_tokens"],
)
def test_no_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["password", "database.password", "CODECHUNK_GEMINI_API_KEY", "auth_token", "tokens", "GITLAB_TOKEN_MAX"],
)
def test_secret(name: str) -> None:
    assert is_secret_name(name)
