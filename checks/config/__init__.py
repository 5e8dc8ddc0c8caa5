"""Files that are not read, keys that nobody knows, and values that do not do what they say."""

from __future__ import annotations

from checks.config.batch_client_off import batch_client_off
from checks.config.batch_dirs_unset import batch_dirs_unset
from checks.config.batch_off import batch_off
from checks.config.batch_size_refused import batch_size_refused
from checks.config.batch_threshold import batch_threshold
from checks.config.connector_invalid import connector_invalid
from checks.config.database_password_empty import database_password_empty
from checks.config.database_password_env_only import database_password_env_only
from checks.config.database_user_env_only import database_user_env_only
from checks.config.database_user_missing import database_user_missing
from checks.config.dead_key import dead_key
from checks.config.dsn_misread import dsn_misread
from checks.config.duration_invalid import duration_invalid
from checks.config.duration_nanoseconds import duration_nanoseconds
from checks.config.file_broken import file_broken
from checks.config.file_missing import file_missing
from checks.config.file_shadowed import file_shadowed
from checks.config.file_unreadable import file_unreadable
from checks.config.job_timeout_capped import job_timeout_capped
from checks.config.log_level_needs_key import log_level_needs_key
from checks.config.nats_mock import nats_mock
from checks.config.not_an_overlay import not_an_overlay
from checks.config.openai_incomplete import openai_incomplete
from checks.config.openai_with_batch import openai_with_batch
from checks.config.part_ignored import part_ignored
from checks.config.queue_limits_incomplete import queue_limits_incomplete
from checks.config.request_outlives_job import request_outlives_job
from checks.config.sslmode import sslmode
from checks.config.start_refused import start_refused
from checks.config.test_embeddings import test_embeddings
from checks.config.type_mismatch import type_mismatch
from checks.config.unknown_key import unknown_key
from checks.config.value_not_allowed import value_not_allowed
from checks.config.value_out_of_range import value_out_of_range
from checks.config.value_reinterpreted import value_reinterpreted
from checks.config.variable_not_expanded import variable_not_expanded
from checks.config.zoekt_outlives_job import zoekt_outlives_job

CHECKS = (
    file_missing,
    file_unreadable,
    file_broken,
    file_shadowed,
    part_ignored,
    not_an_overlay,
    database_user_missing,
    database_user_env_only,
    database_password_env_only,
    database_password_empty,
    dsn_misread,
    sslmode,
    start_refused,
    duration_nanoseconds,
    duration_invalid,
    type_mismatch,
    value_reinterpreted,
    value_out_of_range,
    value_not_allowed,
    variable_not_expanded,
    unknown_key,
    dead_key,
    log_level_needs_key,
    batch_off,
    batch_client_off,
    test_embeddings,
    batch_dirs_unset,
    batch_threshold,
    queue_limits_incomplete,
    batch_size_refused,
    openai_with_batch,
    openai_incomplete,
    request_outlives_job,
    zoekt_outlives_job,
    job_timeout_capped,
    nats_mock,
    connector_invalid,
)
