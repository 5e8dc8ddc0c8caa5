"""What checks of other families use of the rows, where these are looked at anyway."""

from __future__ import annotations

from doctor.engine import source
from doctor.facts import BatchRows, JobRows, OpenBatches, StoredHosts


@source("stored hosts", derived=True)
def stored_hosts(rows: JobRows) -> StoredHosts:
    """The hosts of the living repositories."""
    return StoredHosts(rows.hosts)


@source("open batches", derived=True)
def open_batches(rows: BatchRows) -> OpenBatches:
    """The batches that are not finished."""
    return OpenBatches(sum(each.count for each in rows.open.values()))


SOURCES = (stored_hosts, open_batches)
