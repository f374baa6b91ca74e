"""Bring one dataset of the target to what it should be: look, plan, act, look again.

The loop ends when the plan says there is nothing to do, which is also the read-back: after a call
the files it sent are in doubt, so their bytes are downloaded and hashed before the confirmation.
A resumed dataset takes the same path, which is why it does not matter where a run was killed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ckanext.imssbienestar.mirror.catalogues.spool import spool_folder
from ckanext.imssbienestar.mirror.catalogues.tally import Tally
from ckanext.imssbienestar.mirror.errors import (
    MirrorTerminalError,
    MirrorTransientError,
    NotStoredError,
    OutcomeUnknownError,
    RefusedError,
    RejectedError,
)
from ckanext.imssbienestar.mirror.ledger.claims import Claim, LostClaimError
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.planning.calls import creation, revision
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.planning.matching import ResourceStep
from ckanext.imssbienestar.mirror.planning.plan import (
    Action,
    PlanItem,
    plan_package,
    plan_withdrawal,
)
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage, RemoteResource
from ckanext.imssbienestar.mirror.projection.limits import check_encoding
from ckanext.imssbienestar.mirror.running.job_record import JobRecord
from ckanext.imssbienestar.mirror.running.outcome import Outcome, Postponed
from ckanext.imssbienestar.mirror.running.workshop import StoppedError, Workshop
from ckanext.imssbienestar.mirror.texts import say

__all__ = ["StoppedError", "Workshop", "run_item"]


def run_item(shop: Workshop, item: PlanItem) -> Outcome | Postponed:
    """Do what a plan item says; every failure becomes an outcome.

    Only who has the dataset's claim writes; what is settled already needs none.
    """
    with shop.counters.dataset(item.dataset) as tally:
        if item.error is not None:
            return Outcome(item, Action.NONE, State.FAILED, item.error, tally=tally)
        job = _Job(shop, item)
        if job.settled():
            return Outcome(item, Action.NONE, State.CONFIRMED, tally=tally)
        seen = shop.fences.of(item.dataset_id) if shop.fences is not None else None
        claim = shop.ledger.claim(item.dataset_id, seen)
        if claim is None:
            return Postponed(item)
        try:
            return _work_under(claim, job, tally)
        except LostClaimError:
            return Postponed(item)
        finally:
            shop.ledger.release(claim)


def _work_under(claim: Claim, job: _Job, tally: Tally) -> Outcome:
    shop, item = job.shop, job.planned
    try:
        job.converge(claim)
    except MirrorTransientError as error:
        problem = say("gave-up", dataset=item.dataset, attempts=shop.attempts, cause=error.sentence)
        passing = True
    except MirrorTerminalError as error:
        problem, passing = error.sentence, False
    else:
        return Outcome(item, job.done, State.CONFIRMED, tally=tally)
    shop.ledger.fail(item.dataset_id, item.dataset, item.name, problem, claim)
    return Outcome(item, job.done, State.FAILED, problem, passing=passing, tally=tally)


class _Job(JobRecord):
    """The loop of one dataset."""

    def __init__(self, shop: Workshop, item: PlanItem) -> None:
        super().__init__(shop, item)
        self._checked: dict[tuple[str, str], str] = {}
        self._answered: frozenset[str] = frozenset()
        self._name_clashed = False
        self._revised = False
        self._begun = False
        self._choose_ids = True
        self._on_host: set[str] = set()

    def settled(self) -> bool:
        """Whether neither side nor the ledger needs anything."""
        return self._item.action is Action.NONE and self._is_recorded()

    def converge(self, claim: Claim) -> None:
        """Return when the target is read back equal and confirmed, all of it under one claim."""
        self._claim = claim
        failures = 0
        # The search behind a plan shows no deleted datasets, of which ours is revived and not made
        # twice; for a while it shows as ours what is another organization's by now; and what it
        # does not show may be there all the same.
        stale = self._item.action is Action.CREATE or self._item.withdrawal is not None
        while True:
            self._stop_if_told()
            try:
                if stale:
                    self._plan(self._look())
                self._resolve_doubts()
                if self._item.action is Action.NONE:
                    self._confirm()
                    return
                self._refuse_if_not_stored()
                stale = self._act()
            except MirrorTransientError as error:
                failures += 1
                if failures >= self.shop.attempts:
                    raise
                self._stop_if_told()
                self.shop.wait(failures, error)
                stale = True

    # -- looking ---------------------------------------------------------------------------

    def _look(self) -> RemotePackage | None:
        """The dataset as it is now: by id, and if that one is gone, by name."""
        target, withdrawal = self.shop.target, self._item.withdrawal
        try:
            found = target.show(self._remote_id) if self._remote_id else None
            if found is not None and self.planned.of_another(found) is not None:
                found = None
            if found is None and not (withdrawal and withdrawal.name_lives_on):
                found = target.show(self._name)
        except RefusedError as error:
            if withdrawal is not None and self._may_be_hidden(error):
                return None
            if withdrawal is not None or error.sentence.code != "refused":
                raise
            raise self._name_taken("?") from None
        if found is not None and (other := self.planned.of_another(found)) is not None:
            if withdrawal is not None:
                return None
            raise MirrorTerminalError("name-held", name=self._name, other=other, host=target.host)
        if found is not None and not target.owns(found):
            if withdrawal is not None or found.deleted:
                return None
            raise self._name_taken(found.organization_name)
        return found

    def _may_be_hidden(self, error: RefusedError) -> bool:
        """Some catalogues hide what was deleted behind a refusal; a firewall refuses anything."""
        deleted = self._begun or self.planned.remote is None
        return deleted and error.sentence.code == "refused"

    def _plan(self, remote: RemotePackage | None) -> None:
        if self._item.withdrawal is not None:
            self._item = plan_withdrawal(self._item.withdrawal, remote, self._entry)
        else:
            found = remote.resources if remote is not None else ()
            # What was read counts only for a copy that still looks as it did then.
            read = {
                one.id: self._checked[key]
                for one in found
                if (key := _look_of(one)) in self._checked
            }
            self._item = plan_package(self._desired, remote, self._entry, read)

    def _resolve_doubts(self) -> None:
        """Read the bytes that are in doubt, then decide again."""
        remote = self._item.remote
        if remote is None or not self._item.doubts:
            return
        for step in self._item.doubts:
            self._stop_if_told()
            self._resolve_doubt(remote, step)
        self._plan(remote)

    def _resolve_doubt(self, remote: RemotePackage, step: ResourceStep) -> None:
        if step.remote is None or step.desired is None:
            return
        file = step.desired.file
        just_sent = step.desired.identifier in self._answered
        if just_sent and self.shop.read_back.spares(file, step.remote):
            self._checked[_look_of(step.remote)] = file.sha256
            self._proofs[step.remote.id] = "size"
            return
        found = self.shop.target.measure(remote, step.remote)
        self.shop.counters.read_back(found.size if found else 0)
        sha256 = found.sha256 if found else ""
        self._checked[_look_of(step.remote)] = sha256
        self._proofs[step.remote.id] = "bytes"
        self.shop.on_read_back(self._item, step.remote, sha256)

    def _refuse_if_not_stored(self) -> None:
        if not self._revised:
            return
        if self._item.withdrawal is not None:
            raise NotStoredError(
                "still-there", dataset=self._item.dataset, host=self.shop.target.host
            )
        raise NotStoredError(
            "not-stored",
            host=self.shop.target.host,
            dataset=self._item.dataset,
            names=", ".join(change.field for change in self._item.changes),
        )

    # -- acting ----------------------------------------------------------------------------

    def _act(self) -> bool:
        """Make the next call; returns whether the target must be looked at again."""
        if not self._begun:
            self.shop.permit(self._item)
        try:
            again = self._call()
        except OutcomeUnknownError:
            self._begun = True  # what is there from now on may be our own work
            raise
        self._begun = self._begun or self.done is not Action.NONE
        return again

    def _call(self) -> bool:
        if self._item.action is Action.WITHDRAW:
            return self._withdraw()
        if self._item.action is Action.CREATE:
            return self._create()
        return self._revise()

    def _create(self) -> bool:
        self._demand_links()
        self._intend(Action.CREATE)
        try:
            made = self.shop.target.create(creation(self._desired))
        except RejectedError as error:
            if "name" not in error.fields:
                raise
            if self._name_clashed:
                raise self._name_taken("?") from None
            # Perhaps by a call of ours that broke off and was carried out late: look first.
            self._name_clashed = True
            return True
        self.done = Action.CREATE
        self._sent(made.id)
        self._plan(made)
        return False

    def _revise(self) -> bool:
        action = Action.CREATE if self.done is Action.CREATE else self._item.action
        remote = self._item.remote
        if remote is None:
            raise ValueError("nothing to revise")
        with spool_folder(self.shop.spool_parent) as folder:
            files = self._fetch(folder)
            self._demand_links()
            self._intend(action)
            self._forget_sent_files()
            try:
                self.shop.target.revise(revision(self._item, files, self._choose_ids))
            except RejectedError as error:
                if not (self._choose_ids and _about_resource_ids(error)):
                    raise
                # Another dataset, perhaps a deleted one, still holds them: let the target choose.
                self._choose_ids = False
                return True
        self.done = action
        self._revised = True
        self._answered = frozenset(files)
        self._sent(remote.id)
        return True

    def _withdraw(self) -> bool:
        remote = self._item.remote
        if remote is None:
            raise ValueError("nothing to withdraw")
        self._intend(Action.WITHDRAW)
        self.shop.target.delete(remote.id)
        self.done = Action.WITHDRAW
        self._revised = True
        self._sent(remote.id)
        return True

    def _fetch(self, folder: Path) -> dict[str, Path]:
        files: dict[str, Path] = {}
        for position, step in enumerate(self._item.uploads):
            self._stop_if_told()
            if step.desired is not None:
                path = folder / str(position)
                self.shop.source.fetch(step.desired.file, path)
                if step.desired.file.encoding:
                    check_encoding(path, step.desired.file.name, step.desired.file.encoding)
                files[step.desired.identifier] = path
        return files

    def _demand_links(self) -> None:
        """What will be linked must be at its address before anybody is sent there."""
        for step in self._item.sends:
            file = step.desired.file if step.desired else None
            if file is not None and file.link and file.sha256 not in self._on_host:
                self._stop_if_told()
                self.shop.target.demand(file)
                self._on_host.add(file.sha256)

    def _forget_sent_files(self) -> None:
        """What is sent now is in doubt until its bytes were read back."""
        sent = {step.desired.identifier for step in self._item.sends if step.desired}
        self._checked.clear()
        if self._entry is not None:
            # Whose copy it is stays known; what it holds does not.
            files = {
                key: replace(file, fingerprint="") if key in sent else file
                for key, file in self._entry.files.items()
            }
            self._entry = replace(self._entry, files=files)

    @property
    def _desired(self) -> DesiredPackage:
        if self._item.desired is None:
            raise ValueError("this item has nothing to send")
        return self._item.desired

    def _name_taken(self, organization: str) -> MirrorTerminalError:
        return MirrorTerminalError(
            "name-taken", name=self._name, organization=organization, host=self.shop.target.host
        )

    def _stop_if_told(self) -> None:
        if self.shop.stop.is_set():
            raise StoppedError


def _look_of(resource: RemoteResource) -> tuple[str, str]:
    return resource.id, resource.fingerprint.as_text()


def _about_resource_ids(error: RejectedError) -> bool:
    resources = error.fields.get("resources")
    return isinstance(resources, list) and any(
        isinstance(fault, dict) and "id" in fault for fault in resources
    )
