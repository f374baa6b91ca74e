"""Items to results on a few daemon threads, in a way that Ctrl-C can leave at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence

from ckanext.imssbienestar.mirror.planning.plan import PlanItem
from ckanext.imssbienestar.mirror.running.dataset_job import StoppedError
from ckanext.imssbienestar.mirror.running.outcome import Outcome, Postponed

_POLL_SECONDS = 0.2
_GRACE_SECONDS = 5.0

Result = Outcome | Postponed | BaseException


def work(
    items: Sequence[PlanItem],
    job: Callable[[PlanItem], Outcome | Postponed],
    workers: int,
    stop: threading.Event,
) -> Generator[Outcome | Postponed]:
    """Results as they come; leaving early sets ``stop``, and what is under way ends by itself."""
    todo: queue.SimpleQueue[PlanItem] = queue.SimpleQueue()
    done: queue.SimpleQueue[Result | None] = queue.SimpleQueue()
    for item in items:
        todo.put(item)
    threads = [
        threading.Thread(target=_drain, args=(todo, done, job, stop), daemon=True)
        for _ in range(min(max(1, workers), len(items)))
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _collect(done, len(threads))
    except BaseException:
        stop.set()
        raise
    finally:
        for thread in threads:
            thread.join(_GRACE_SECONDS / max(1, len(threads)))


def _drain(
    todo: queue.SimpleQueue[PlanItem],
    done: queue.SimpleQueue[Result | None],
    job: Callable[[PlanItem], Outcome | Postponed],
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        try:
            item = todo.get_nowait()
        except queue.Empty:
            break
        try:
            done.put(job(item))
        except StoppedError:
            break
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
            done.put(error)
            break
    done.put(None)


def _collect(done: queue.SimpleQueue[Result | None], running: int) -> Iterator[Outcome | Postponed]:
    while running:
        try:
            result = done.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue  # a signal is only seen between two waits
        if result is None:
            running -= 1
        elif isinstance(result, BaseException):
            raise result
        else:
            yield result
