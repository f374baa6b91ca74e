"""The records of the mirror as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ckanext.imssbienestar.mirror.ledger.activities import Activity
from ckanext.imssbienestar.mirror.overview.health import Records
from ckanext.imssbienestar.mirror.overview.timetable import Punctuality

_SUMMARY = {
    "calls_read": "Calls of the last run that change nothing.",
    "calls_write": "Calls of the last run that may change something.",
    "bytes": "Bytes of files that the last run moved.",
    "seconds": "Seconds that the last run took.",
}


def metrics_text(records: Records) -> bytes:
    """The text format of Prometheus, UTF-8, for a page or for the textfile collector."""
    registry = CollectorRegistry()
    registry.register(_Records(records))
    return generate_latest(registry)


class _Records(Collector):
    def __init__(self, records: Records) -> None:
        self._records = records

    def collect(self) -> Iterator[Metric]:
        yield from self._runs()
        yield from self._datasets()
        if self._records.last is not None:
            yield from _last_run(self._records.last)

    def _runs(self) -> Iterator[Metric]:
        records = self._records
        status = GaugeMetricFamily(
            "imss_mirror_status", "1 for what the health answer says.", labels=["status"]
        )
        for word in Punctuality:
            status.add_metric([word.value], float(records.timetable.punctuality is word))
        yield status
        if records.timetable.due is not None:
            yield GaugeMetricFamily(
                "imss_mirror_next_run_due_timestamp_seconds",
                "When the next run should begin.",
                value=records.timetable.due.timestamp(),
            )
        if records.lag_seconds is not None:
            yield GaugeMetricFamily(
                "imss_mirror_lag_seconds",
                "Since the end of the last run that did its work.",
                value=records.lag_seconds,
            )

    def _datasets(self) -> Iterator[Metric]:
        states = GaugeMetricFamily(
            "imss_mirror_datasets", "Datasets by state at the target.", labels=["state"]
        )
        for name, count in self._records.states.items():
            states.add_metric([name], count)
        yield states
        yield GaugeMetricFamily(
            "imss_mirror_failures", "Datasets whose last work failed.", value=self._records.failures
        )
        yield GaugeMetricFamily(
            "imss_mirror_drift_files",
            "Files whose copy is not what was signed.",
            value=self._records.drift,
        )


def _last_run(run: Activity) -> Iterator[Metric]:
    if run.started is not None:
        yield GaugeMetricFamily(
            "imss_mirror_last_run_start_timestamp_seconds",
            "When the last run began.",
            value=run.started.timestamp(),
        )
    if run.finished is not None and run.exit_code is not None:
        yield GaugeMetricFamily(
            "imss_mirror_last_run_end_timestamp_seconds",
            "When the last run ended.",
            value=run.finished.timestamp(),
        )
        yield GaugeMetricFamily(
            "imss_mirror_last_run_exit_code", "How the last run ended.", value=run.exit_code
        )
    for name, words in _SUMMARY.items():
        if isinstance(run.summary.get(name), int | float):
            yield GaugeMetricFamily(f"imss_mirror_last_run_{name}", words, value=run.summary[name])
