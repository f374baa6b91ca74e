"""Properties of plan and job over CKAN's semantics: whatever was there, one run makes it right."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mirror.fake_source import Dataset, FileContent
from mirror.model_target import ModelTarget
from mirror.model_world import PROFILES, World

from ckanext.imssbienestar.mirror.errors import OutcomeUnknownError, UnreachableError
from ckanext.imssbienestar.mirror.planning.plan import Action
from ckanext.imssbienestar.mirror.running.orders import Orders

contents = st.text(min_size=1, max_size=6).map(lambda text: text.encode(errors="ignore") or b"x")
words = st.text(alphabet="abñ áé,.\n-", max_size=8)
files = st.lists(
    st.builds(
        FileContent,
        name=st.sampled_from(["uno.csv", "dos.csv", "Tres Áéí.csv", "4.csv"]),
        content=contents,
        title=st.sampled_from(["Uno", "Dos", "Tres"]),
        description=words,
        identifier=st.sampled_from(["r1", "r2", "r3", "r4"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=(lambda file: file.identifier, lambda file: file.name),
)
fields = st.fixed_dictionaries(
    {
        "title": words,
        "notes": words,
        "contact_name": words,
        "tags": st.lists(st.sampled_from(["salud", "gasto", "a", "ñ/o", "x y"]), unique=True),
        "frequency": st.sampled_from(["R/P3M", "R/P1Y", "irregular"]),
    },
    optional={"legal_basis": words, "theme": st.just("salud")},
)


@st.composite
def versions(draw: st.DrawFn) -> Dataset:
    """One release of the dataset «uno»."""
    state = draw(st.sampled_from(["published", "published", "published", "withdrawn"]))
    extra = draw(st.booleans())
    found = draw(files)
    if extra:
        found.append(FileContent("x.json", b"[]", "JSON", "application/json", identifier="j"))
    return Dataset("uno", found, draw(fields), state)


edits = st.sampled_from(
    ["title", "tags", "extras", "file", "same-size", "resource", "delete", "public", "foreign"]
)


def edit(target: ModelTarget, what: str) -> None:
    """Something a person over there does to the copy."""
    for package in target.packages():
        if what == "title":
            target.edit(package.id, title="A mano")
        elif what == "tags":
            target.edit(package.id, tags=[{"name": "ajeno"}] * 3)
        elif what == "extras":
            target.edit(package.id, extras=[{"key": "ajeno", "value": "x"}])
        elif what == "public":
            target.edit(package.id, private=False)
        elif what == "delete":
            target.delete(package.id)
        elif what == "foreign":
            resources = target.stored[package.id]["resources"]
            foreign = {"id": f"ajeno {next(target.clock)}", "name": "Uno", "url": "u"}
            target.edit(package.id, resources=[foreign, *resources])
        elif package.resources and what == "resource":
            target.delete_resource(package.id, 0)
        elif package.resources:
            size = len(target.bytes.get(package.resources[0].id, b"x"))
            content = b"#" * size if what == "same-size" else b"otro contenido"
            target.replace_file(package.id, 0, content)


@given(st.sampled_from(sorted(PROFILES)), st.lists(versions(), min_size=1, max_size=3), st.data())
@settings(max_examples=13, deadline=None)
def test_any_history_of_releases_and_edits_ends_equal(
    profile: str, history: list[Dataset], data: st.DataObject
) -> None:
    world = World(profile)
    for dataset in history:
        outcomes = world.run(dataset)
        assert [outcome.error for outcome in outcomes] == [None]
        world.assert_settled(dataset)
        for what in data.draw(st.lists(edits, max_size=2)):
            edit(world.target, what)
        if data.draw(st.integers(0, 3)) == 0:
            world.lose_ledger()
        if data.draw(st.booleans()):
            assert [outcome.error for outcome in world.run(dataset)] == [None]
            world.assert_settled(dataset)


@given(
    st.sampled_from(sorted(PROFILES)),
    st.lists(versions(), min_size=1, max_size=2),
    st.lists(st.sampled_from(["fine", "before", "after", "kill-before", "kill-after"]), max_size=6),
)
@settings(max_examples=15, deadline=None)
def test_broken_and_killed_writes_end_equal_after_one_more_run(
    profile: str, history: list[Dataset], faults: list[str]
) -> None:
    class KilledError(BaseException):
        """Stands for kill -9: nothing after it runs."""

    queue = list(faults)

    def fault(_call: str, moment: str) -> None:
        # One entry a write, looked at before it and, if it is about afterwards, again after it.
        if moment == "before":
            pending.append(queue.pop(0) if queue else "fine")
        kind = pending[-1]
        if kind == moment:
            error = UnreachableError if moment == "before" else OutcomeUnknownError
            raise error("unreachable", host="model", call="x", cause="x")
        if kind == f"kill-{moment}":
            raise KilledError

    pending: list[str] = []
    world = World(profile)
    for dataset in history:
        world.target.fault = fault
        for _ in range(len(faults) + 1):
            try:
                outcomes = world.run(dataset)
            except KilledError:
                continue
            if not any(outcome.failed for outcome in outcomes):
                break
        world.target.fault = lambda _call, _moment: None
        assert [outcome.error for outcome in world.run(dataset)] == [None]
        world.assert_settled(dataset)


@given(st.sampled_from(sorted(PROFILES)), versions(), versions(), edits, st.booleans())
@settings(max_examples=8, deadline=None)
def test_what_was_changed_by_hand_is_never_written_over_while_it_is_held(
    profile: str, first: Dataset, second: Dataset, what: str, newer: bool
) -> None:
    assume(first.state == second.state == "published")
    world = World(profile)
    world.run(first)
    edit(world.target, what)
    dataset = second if newer else first
    for _ in range(2):
        world.target.writes.clear()
        outcomes = world.run(dataset, orders=Orders(hold=True))
        if any(outcome.failed for outcome in outcomes):
            assert world.target.writes == []
            assert outcomes[0].error is not None
            assert outcomes[0].error.code == "drift-held"
        else:  # what the mirror does not look after, or bytes that are the signed ones
            marks = world.ledger.entries()["id-uno"].shown
            assert marks
    world.run(dataset)
    world.assert_settled(dataset)


@given(versions(), versions())
@settings(max_examples=9, deadline=None)
def test_a_change_costs_at_most_two_writes(first: Dataset, second: Dataset) -> None:
    world = World("pnda")
    for dataset, most in ((first, 2), (second, 2), (second, 0)):
        world.target.writes.clear()
        world.run(dataset)
        assert len(world.target.writes) <= most
        if dataset is second and first.state == "published":
            assert len(world.target.writes) <= 1


def test_an_extra_that_is_signed_no_longer_goes_and_those_of_others_stay() -> None:
    def release(**extras: str) -> Dataset:
        return Dataset("uno", [FileContent("uno.csv", b"a", identifier="r1")], {"extras": extras})

    world = World("ckan")
    world.run(release(antes="1", siempre="2"))
    [package] = world.target.packages()
    extras = package.raw["extras"]
    world.target.edit(package.id, extras=[*extras, {"key": "ajeno", "value": "3"}])
    now = release(siempre="2")
    [outcome] = world.run(now)
    assert (outcome.action, outcome.error) == (Action.UPDATE, None)
    world.assert_settled(now)
    [package] = world.target.packages()
    found = {one["key"] for one in package.raw["extras"]}
    assert {"siempre", "ajeno", "antes"} & found == {"siempre", "ajeno"}


def test_a_copy_taken_over_by_its_name_does_not_lend_its_id() -> None:
    def files(**titles: str) -> list[FileContent]:
        return [
            FileContent("uno.csv", b"\0", "CSV", "text/csv", title=title, identifier=identifier)
            for identifier, title in titles.items()
        ]

    world = World("ckan")
    for content in ({"r1": "Uno", "r3": "Tres"}, {"r2": "Tres"}, {"r2": "Uno", "r3": "Uno"}):
        dataset = Dataset("uno", files(**content), {}, "published")
        assert [outcome.error for outcome in world.run(dataset)] == [None]
        world.assert_settled(dataset)
        if "r1" in content:
            world.lose_ledger()
