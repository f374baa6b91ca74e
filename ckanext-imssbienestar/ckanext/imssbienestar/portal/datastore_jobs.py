"""The DataStore is filled in the background, by CKAN's own job queue (``ckan jobs worker``).

Losing a job loses nothing: ``ckan imssbienestar datastore load --all`` does what is left to do.
"""

from __future__ import annotations

import datetime
import logging

from ckan.plugins import toolkit as tk
from redis.exceptions import RedisError
from rq import Retry

from ckanext.imssbienestar import config
from ckanext.imssbienestar.portal import datastore

log = logging.getLogger(__name__)

_SETTLING = datetime.timedelta(seconds=15)

# Seconds between the turns of a job that met a database that did not answer.
_TURNS = [60, 300, 1800, 7200]


def request_synchronization(dataset_id: str, *, after_commit: bool = False) -> None:
    """Have the DataStore made equal to what this dataset shows the public.

    A queue that does not answer keeps nothing from being published.

    :param after_commit: the present transaction has still to be committed: the job waits for it.
    """
    timeout, retry = config.datastore_timeout(), Retry(max=len(_TURNS), interval=_TURNS)
    try:
        if after_commit:
            tk.get_job_queue().enqueue_in(
                _SETTLING, synchronize_dataset, dataset_id, job_timeout=timeout, retry=retry
            )
            return
        title = f"DataStore: {dataset_id}"
        options = {"timeout": timeout, "retry": retry}
        tk.enqueue_job(synchronize_dataset, [dataset_id], title=title, rq_kwargs=options)
    except RedisError:
        log.warning("The queue does not answer: dataset %s was not put into it.", dataset_id)


def synchronize_dataset(dataset_id: str) -> None:
    """The job.

    :raises DataStoreUnavailable: the queue tries it again.
    """
    for standing in datastore.synchronize(dataset_id):
        rows = standing.loaded.rows if standing.loaded else "not loaded"
        log.info("DataStore: resource %s: %s", standing.published.resource_id, rows)
