"""Before a run writes anything: what it asks first, and the guards that stop it for a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import Dataset, FakeSource, dataset
from mirror.fault_proxy import FaultProxy
from mirror.faults import WRITES, assert_told
from mirror.http_server import Reply, Request, json_reply
from mirror.programs import Mirror


@pytest.fixture
def mirror(make_mirror: Callable[..., Mirror], proxy: FaultProxy) -> Mirror:
    """The mirror of the tenant, through a proxy that remembers the calls."""
    return make_mirror(target_url=proxy.url)


class TestBeforeTheFirstWrite:
    """What would only come to light with the first write is asked for first."""

    @pytest.mark.parametrize(
        ("action", "answer", "code", "words"),
        [
            ("organization_list_for_user", [], 3, ("cambiarlos", "editor")),
            ("group_list_authz", [], 3, ("grupos",)),
            ("status_show", {"ckan_version": "2.8.12"}, 3, ("2.8.12", "2.9")),
        ],
    )
    def test_what_the_account_may_not_do_or_the_version_cannot(
        self,
        action: str,
        answer: object,
        code: int,
        words: tuple[str, ...],
        mirror: Mirror,
        published: Dataset,
        proxy: FaultProxy,
    ) -> None:
        def changed(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
            creating = request.json().get("permission") == "create_dataset"
            if request.path.endswith(f"/{action}") and not creating:
                return json_reply({"success": True, "result": answer})
            return forward()

        proxy.reset(changed)
        assert mirror("run").code == 0  # nothing to write, nothing more to ask
        published.fields["title"] = "Otro título"
        for command in ("plan", "run"):
            assert_told(mirror(command), code, *words)
        assert mirror("verify").code == 0  # who only looks needs no right to write
        assert mirror("reconcile").code == 1
        assert not set(proxy.calls) & set(WRITES)

    def test_a_catalogue_is_not_mirrored_to_itself(
        self,
        source: FakeSource,
        make_mirror: Callable[..., Mirror],
        tenant: Tenant,
        federal: Catalogue,
        proxy: FaultProxy,
        unique: str,
    ) -> None:
        mirror = make_mirror(source_url=federal.url, target_url=federal.url)
        assert_told(mirror("run"), 2, "mismo catálogo")
        mirror = make_mirror(target_url=proxy.url)
        source.datasets = [dataset(f"gasto_{unique}", b"a\n1\n")]
        here = federal.call("organization_show", id=tenant.organization)

        def same_database(request: Request, reply: Reply) -> Reply:
            if request.path.endswith("/organization_show"):
                return json_reply({"success": True, "result": here})
            return reply

        source.spoil = same_database
        assert_told(mirror("run"), 2, "mismo catálogo")
        assert not set(proxy.calls) & set(WRITES)


class TestGuards:
    """A run that looks like an accident stops for a person."""

    def test_many_rewrites_need_an_approved_plan(
        self,
        source: FakeSource,
        make_mirror: Callable[..., Mirror],
        proxy: FaultProxy,
        unique: str,
    ) -> None:
        mirror = make_mirror(target_url=proxy.url, limits={"rewrite_guard_minimum": 1})
        source.datasets = [dataset(f"n{n}_{unique}", b"a\n%d\n" % n) for n in range(4)]
        assert mirror("run").code == 0
        for one in source.datasets[:2]:
            one.fields["title"] = "Otro"
        proxy.reset()
        assert_told(mirror("run"), 4, "2", "4", "run --plan")
        assert not set(proxy.calls) & set(WRITES)
        done = mirror("run", "--plan", mirror.approve())
        assert (done.code, done.summary["update"]) == (0, 2)

    @pytest.mark.parametrize("left", [0, 1])
    def test_a_source_that_shrank_withdraws_nothing(
        self,
        left: int,
        source: FakeSource,
        make_mirror: Callable[..., Mirror],
        proxy: FaultProxy,
        unique: str,
    ) -> None:
        mirror = make_mirror(target_url=proxy.url, limits={"withdraw_guard_minimum": 1})
        source.datasets = [dataset(f"n{n}_{unique}", b"a\n%d\n" % n) for n in range(4)]
        assert mirror("run").code == 0
        source.datasets = source.datasets[:left]
        for one in source.datasets:
            one.state = "withdrawn"
        proxy.reset()
        done = mirror("run")
        assert_told(done, 1, f"lista {left} conjuntos", "no se retira nada")
        assert (done.summary["withdraw"], done.summary["failed"]) == (0, 4)
        assert not set(proxy.calls) & set(WRITES)
        if left:
            name = source.datasets[0].name
            assert mirror("run", "--only", name).of(name)["action"] == "withdraw"


@pytest.mark.parametrize("sees_all", [True, False])
def test_a_dataset_moved_to_another_organization_is_left_there(
    sees_all: bool,
    make_mirror: Callable[..., Mirror],
    published: Dataset,
    tenant: Tenant,
    federal: Catalogue,
    unique: str,
    proxy: FaultProxy,
) -> None:
    token = federal.token if sees_all else tenant.token
    mirror = make_mirror(target_url=proxy.url, target_token=token)
    other = federal.call("organization_create", name=f"otra-{unique}")
    federal.call("package_patch", id=published.name, owner_org=other["id"])
    published.fields["title"] = "Otro título"
    for command in ("run", "plan", "run"):
        line = mirror(command).of(published.name)
        assert line["drift"] is True
    assert line["state"] == "failed"
    assert (f"otra-{unique}" in line["error"]) is sees_all
    assert federal.show(published.name)["title"] == f"Título de {published.name}"
    published.state = "withdrawn"
    assert mirror("run").summary["withdraw"] == 0
    assert federal.show(published.name)["state"] == "active"
