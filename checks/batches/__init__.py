"""The batches of embeddings, as the table batch_job_progress and Google tell of them."""

from __future__ import annotations

from checks.batches.bad_job_id import bad_job_id
from checks.batches.download_denied import download_denied
from checks.batches.failed import failed
from checks.batches.job_ended_badly import job_ended_badly
from checks.batches.job_gone import job_gone
from checks.batches.never_selected import never_selected
from checks.batches.not_collected import not_collected
from checks.batches.rate_limited import rate_limited
from checks.batches.repository_mismatch import repository_mismatch
from checks.batches.request_data_missing import request_data_missing
from checks.batches.results_incomplete import results_incomplete
from checks.batches.retry_overdue import retry_overdue
from checks.batches.submission_stalled import submission_stalled
from checks.batches.waiting_too_long import waiting_too_long

SOCKETS = True

CHECKS = (
    never_selected,
    bad_job_id,
    waiting_too_long,
    submission_stalled,
    rate_limited,
    request_data_missing,
    retry_overdue,
    repository_mismatch,
    failed,
    download_denied,
    results_incomplete,
    job_gone,
    job_ended_badly,
    not_collected,
)
