"""Whose copy a dataset of the target is: names move, ids stay, and what is gone was really gone."""

from __future__ import annotations

import itertools

import pytest
from mirror.fake_source import Dataset, FileContent
from mirror.model_world import World

from ckanext.imssbienestar.mirror.catalogues.spool import Received
from ckanext.imssbienestar.mirror.errors import RefusedError, UnreachableError
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.planning.plan import Action
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage, RemoteResource
from ckanext.imssbienestar.mirror.running.guards import guard_withdrawals
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.settings import LimitSettings

NO_WITHDRAWALS = LimitSettings(withdraw_guard_minimum=0, withdraw_guard_share=0)


def release(name: str, of: str, content: bytes, state: str = "published") -> Dataset:
    """A release of the dataset ``of`` under a name."""
    made = Dataset(name, [FileContent("a.csv", content, identifier="r")], {}, state)
    made.dataset_id = f"id-{of}"
    return made


def held_bytes(world: World, name: str) -> bytes:
    package = next(one for one in world.target.packages() if one.name == name)
    return world.target.bytes[package.resources[0].id]


class TestAName:
    def test_that_a_renamed_dataset_leaves_is_free_once_its_copy_has_the_new_one(self) -> None:
        world = World("pnda")
        world.run(release("gasto", "old", b"old"))
        copy = world.ledger.entries()["id-old"].remote_id
        both = release("gasto", "new", b"new"), release("gasto_2025", "old", b"old")
        first = world.run(*both)
        codes = [one.error.code if one.error else None for one in first]
        assert codes == ["name-held", None]
        entries = world.ledger.entries()
        assert (entries["id-old"].remote_id, held_bytes(world, "gasto_2025")) == (copy, b"old")
        assert [one.error for one in world.run(*both)] == [None, None]
        assert held_bytes(world, "gasto") == b"new"
        assert held_bytes(world, "gasto_2025") == b"old"
        world.assert_settled(*both)

    def test_of_a_withdrawn_dataset_is_taken_over_and_the_copy_stays(self) -> None:
        world = World("pnda")
        world.run(release("gasto", "old", b"old"))
        both = (
            release("gasto", "new", b"new"),
            release("gasto", "old", b"old", "withdrawn"),
        )
        for _ in range(2):
            assert [one.error for one in world.run(*both)] == [None, None]
            assert held_bytes(world, "gasto") == b"new"
        assert world.ledger.entries()["id-old"].withdrawn

    def test_that_lives_on_does_not_keep_a_renamed_copy_from_being_withdrawn(self) -> None:
        world = World("pnda")
        world.run(release("gasto", "old", b"old"))
        copy = str(world.ledger.entries()["id-old"].remote_id)
        world.target.edit(copy, name="otro")
        world.run(release("gasto", "new", b"new"), release("gasto", "old", b"old", "withdrawn"))
        assert [one.name for one in world.target.packages()] == ["gasto"]
        assert world.target.stored[copy]["state"] == "deleted"


@pytest.mark.parametrize(("code", "told"), [("firewall", "firewall"), ("refused", "name-taken")])
def test_a_firewall_is_not_told_as_a_name_that_is_taken(code: str, told: str) -> None:
    world = World("pnda")

    def refuse(name_or_id: str) -> RemotePackage | None:
        raise RefusedError(code, host="h", call="c", status=403, cause="no")

    world.target.show = refuse  # type: ignore[method-assign]
    [outcome] = world.run(release("gasto", "old", b"old"))
    assert outcome.error is not None
    assert outcome.error.code == told


def test_a_file_replaced_while_another_was_read_is_read_again() -> None:
    world = World("pnda")
    files = [FileContent(f"{key}.csv", key.encode() * 3, identifier=key) for key in ("a", "b")]
    one = Dataset("gasto", files)
    world.run(one)
    [package] = world.target.packages()
    for position, file in enumerate(files):
        world.target.replace_file(package.id, position, file.content)  # the same bytes, sent anew
    measure, times = world.target.measure, itertools.count()

    def break_off_once(found: RemotePackage, resource: RemoteResource) -> Received | None:
        if next(times) == 1:
            world.target.replace_file(package.id, 0, b"zzz")
            raise UnreachableError("unreachable", host="model", call="x", cause="x")
        return measure(found, resource)

    world.target.measure = break_off_once  # type: ignore[method-assign]
    assert [outcome.error for outcome in world.run(one)] == [None]
    world.assert_settled(one)


class TestAWithdrawal:
    @pytest.mark.parametrize("code", ["firewall", "refused"])
    def test_is_not_confirmed_by_a_refusal(self, code: str) -> None:
        world = World("pnda")
        world.run(release("gasto", "old", b"old"))
        show, facts = world.target.show, {"host": "h", "call": "c", "status": 403, "cause": "no"}

        def refuse(name_or_id: str) -> RemotePackage | None:
            raise RefusedError(code, **facts)

        world.target.show = refuse  # type: ignore[method-assign]
        [outcome] = world.run(release("gasto", "old", b"old", "withdrawn"))
        assert outcome.failed
        assert world.ledger.entries()["id-old"].state is State.FAILED
        world.target.show = show  # type: ignore[method-assign]
        [outcome] = world.run(release("gasto", "old", b"old", "withdrawn"))
        assert (outcome.action, outcome.error) == (Action.WITHDRAW, None)

    def test_that_a_shrunken_source_asks_for_is_not_believed_when_it_is_planned_anew(self) -> None:
        world = World("pnda")
        world.run(release("gasto", "old", b"old"))
        gone = release("gasto", "old", b"old", "withdrawn")
        shrunken = Orders(shrinkage={"given": 1, "absent": 9, "total": 10})
        [outcome] = world.run(gone, orders=shrunken)
        assert outcome.error is not None
        assert outcome.error.code == "withdrawal-held"
        assert [one.name for one in world.target.packages()] == ["gasto"]
        guard_withdrawals([shrunken.held(item) for item in world.plan(gone)], {}, NO_WITHDRAWALS)
        shrunken.named = True
        assert [one.error for one in world.run(gone, orders=shrunken)] == [None]

    def test_that_was_confirmed_is_not_asked_for_again(self) -> None:
        world = World("pnda")
        gone = release("gasto", "old", b"old", "withdrawn")
        world.run(release("gasto", "old", b"old"))
        world.run(gone)
        shown: list[str] = []
        world.target.show = shown.append  # type: ignore[method-assign,assignment]
        [outcome] = world.run(gone)
        assert (outcome.action, outcome.error, shown) == (Action.NONE, None, [])

    def test_is_not_confirmed_by_a_search_that_shows_nothing(self) -> None:
        world = World("pnda")
        world.run(release("gasto", "old", b"old"))
        packages = world.target.packages
        world.target.packages = lambda: ()  # type: ignore[method-assign]
        [outcome] = world.run(release("gasto", "old", b"old", "withdrawn"))
        assert (outcome.action, outcome.error) == (Action.WITHDRAW, None)
        assert packages() == ()
