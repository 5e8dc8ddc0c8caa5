"""What the logs show: decisions, failures and their causes, since the last start of each process."""

from __future__ import annotations

from checks.logs.api_reply_cut import api_reply_cut
from checks.logs.batch_lost import batch_lost
from checks.logs.clone_failed import clone_failed
from checks.logs.clone_skipped import clone_skipped
from checks.logs.config_dropped import config_dropped
from checks.logs.connector_failed import connector_failed
from checks.logs.database_connection import database_connection
from checks.logs.embedding_failed import embedding_failed
from checks.logs.fell_back import fell_back
from checks.logs.files_api_denied import files_api_denied
from checks.logs.gemini_key import gemini_key
from checks.logs.gemini_network import gemini_network
from checks.logs.guide_fallback_line import guide_fallback_line
from checks.logs.long_file_id import long_file_id
from checks.logs.mock_publisher import mock_publisher
from checks.logs.nats import nats
from checks.logs.no_batch_client import no_batch_client
from checks.logs.nothing_to_embed import nothing_to_embed
from checks.logs.out_of_time import out_of_time
from checks.logs.panic import panic
from checks.logs.queue_full import queue_full
from checks.logs.rate_limited import rate_limited
from checks.logs.results_unusable import results_unusable
from checks.logs.rows_refused import rows_refused
from checks.logs.schema_outdated import schema_outdated
from checks.logs.sequential_by_setting import sequential_by_setting
from checks.logs.settings_refused import settings_refused
from checks.logs.start_incomplete import start_incomplete
from checks.logs.submission_failed import submission_failed
from checks.logs.test_vectors import test_vectors
from checks.logs.zoekt import zoekt

CHECKS = (
    guide_fallback_line,
    sequential_by_setting,
    fell_back,
    no_batch_client,
    queue_full,
    rows_refused,
    test_vectors,
    settings_refused,
    embedding_failed,
    nothing_to_embed,
    clone_skipped,
    clone_failed,
    out_of_time,
    submission_failed,
    rate_limited,
    batch_lost,
    results_unusable,
    files_api_denied,
    long_file_id,
    gemini_key,
    gemini_network,
    database_connection,
    schema_outdated,
    nats,
    mock_publisher,
    config_dropped,
    panic,
    start_incomplete,
    zoekt,
    connector_failed,
    api_reply_cut,
)
