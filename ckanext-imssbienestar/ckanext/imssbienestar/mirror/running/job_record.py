"""What one job writes in the ledger, each time under its claim."""

from __future__ import annotations

from ckanext.imssbienestar.mirror.ledger.claims import Claim
from ckanext.imssbienestar.mirror.ledger.entries import FileEntry, LedgerEntry, Proof, State
from ckanext.imssbienestar.mirror.planning.plan import Action, PlanItem, shown_marks_of
from ckanext.imssbienestar.mirror.running.workshop import Workshop


class JobRecord:
    """The part of a job that keeps its record.

    :ivar planned: the item the job began with.
    :ivar done: what was written at the target so far.
    """

    def __init__(self, shop: Workshop, item: PlanItem) -> None:
        self.shop = shop
        self.planned = item
        self.done = Action.NONE
        self._claim: Claim | None = None
        self._item = item
        self._entry = item.entry
        self._name = item.name
        self._proofs: dict[str, Proof] = {}

    @property
    def _remote_id(self) -> str | None:
        if self._item.remote is not None:
            return self._item.remote.id
        return self._entry.remote_id if self._entry else None

    def _intend(self, action: Action) -> None:
        release_id, digest = self._release()
        self.shop.ledger.intend(
            self._item.dataset_id,
            dataset_name=self._item.dataset,
            remote_name=self._name,
            remote_id=self._remote_id,
            release_id=release_id,
            digest=digest,
            action=action.value,
            claim=self._claim,
        )

    def _sent(self, remote_id: str) -> None:
        self.shop.ledger.sent(self._item.dataset_id, remote_id, self._claim)

    def _is_recorded(self) -> bool:
        entry = self._item.entry
        if entry is None:
            return self._item.withdrawal is not None  # never mirrored, nothing to remember
        return self._as_recorded(entry, self._file_entries())

    def _confirm(self) -> None:
        if self.done is Action.NONE and self._is_recorded():
            return
        files = self._file_entries()
        release_id, digest = self._release()
        self.shop.ledger.confirm(
            self._item.dataset_id,
            dataset_name=self._item.dataset,
            remote_name=self._name,
            remote_id=self._remote_id,
            release_id=release_id,
            digest=digest,
            action=self.done.value,
            private=self._private(),
            files=files,
            withdrawn=self._item.withdrawal is not None,
            shown=shown_marks_of(self._item),
            claim=self._claim,
        )

    def _as_recorded(self, entry: LedgerEntry, files: tuple[FileEntry, ...]) -> bool:
        return (
            entry.state is State.CONFIRMED
            and (bool(entry.shown) or entry.withdrawn)
            and entry.withdrawn == (self._item.withdrawal is not None)
            and (entry.release_id, entry.digest) == self._release()
            and entry.remote_id == self._remote_id
            and (entry.withdrawn or entry.private == self._private())
            and dict(entry.files) == {file.identifier: file for file in files}
        )

    def _private(self) -> bool | None:
        """The visibility there; None for what is gone, though some catalogues still show it."""
        remote = self._item.remote
        return remote.private if remote is not None and not remote.deleted else None

    def _file_entries(self) -> tuple[FileEntry, ...]:
        if self._item.withdrawal is not None:
            return ()
        return tuple(
            FileEntry(
                step.desired.identifier,
                step.remote.id,
                step.desired.file.sha256,
                step.desired.file.size,
                step.remote.fingerprint.as_text(),
                self._proof_of(step.desired.identifier, step.remote.id),
            )
            for step in self._item.steps
            if step.desired is not None and step.remote is not None
        )

    def _proof_of(self, identifier: str, remote_id: str) -> Proof:
        known = self._entry.files.get(identifier) if self._entry else None
        return self._proofs.get(remote_id) or (known.proof if known else "bytes")

    def _release(self) -> tuple[str, str]:
        desired = self._item.desired
        if desired is not None:
            return desired.release_id, desired.digest
        return (self._entry.release_id, self._entry.digest) if self._entry else ("", "")
