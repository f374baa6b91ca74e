"""Publishes copies of a published dataset: ``publish_copies.py DATASET COUNT``.

For a benchmark that needs many: straight in the database of the catalogue whose configuration file
CKAN_INI names. Each copy has its own name, digest, signatures and history, given by the workflow's
own rules, and must pass the portal's own gate in front of the public. What is left out is the
upload, the check of the file, which all copies share, and CKAN's write of each dataset.
"""

from __future__ import annotations

import datetime
import os
import sys
import uuid
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from ckan.lib import search

from ckanext.imssbienestar.domain.workflow import Act, Transition
from ckanext.imssbienestar.model import ResourceFile
from ckanext.imssbienestar.portal import permissions
from ckanext.imssbienestar.portal.documents import current_document, stored_dataset, subject_of
from ckanext.imssbienestar.portal.hooks import require_signed_if_public
from ckanext.imssbienestar.procedure import releases

_COMMITTED_AT_ONCE = 50


def main(name: str, count: int) -> None:
    """Leaves that many more datasets published and in the search index."""
    template = model.Package.get(name)
    acts = _acts_of(releases.latest(model.Session, template.id), template.owner_org)
    made = []
    for number in range(count):
        made.append(_copy(template, f"copia_{number:05d}"))
        _publish(made[-1], acts)
        if number % _COMMITTED_AT_ONCE == 0:
            model.Session.commit()
    model.Session.commit()
    search.rebuild(package_ids=made, defer_commit=True, quiet=True)
    search.commit()


def _acts_of(release: Any, organization_id: str) -> list[Act]:
    """What was done, and by whom, to publish the original."""
    return [
        Act(
            Transition(event.transition),
            event.user_id,
            permissions.roles_of(event.user_id, organization_id),
            oficio_number=event.oficio_number,
        )
        for event in releases.history(model.Session, release)
    ]


def _copy(template: Any, name: str) -> str:
    dataset_id = str(uuid.uuid4())
    extras = {**template.extras, "identifier": name}
    _insert(model.Package, template, id=dataset_id, name=name, private=True, extras=extras)
    for resource in template.resources:
        resource_id = str(uuid.uuid4())
        identifier = {"identifier": resource_id}
        _insert(
            model.Resource,
            resource,
            id=resource_id,
            package_id=dataset_id,
            extras={**resource.extras, **identifier},
        )
        _insert(
            ResourceFile,
            model.Session.get(ResourceFile, resource.id),
            resource_id=resource_id,
            dataset_id=dataset_id,
        )
    for link in template.package_tags:
        _insert(model.PackageTag, link, id=str(uuid.uuid4()), package_id=dataset_id)
    return dataset_id


def _insert(kind: Any, template: Any, **changed: Any) -> None:
    """A row like another one."""
    columns = sa.inspect(kind).local_table.columns
    values = {column.name: getattr(template, column.name) for column in columns}
    model.Session.execute(sa.insert(kind).values(**values | changed))


def _publish(dataset_id: str, acts: list[Act]) -> None:
    dataset = stored_dataset(dataset_id)
    document = current_document(dataset)
    now = datetime.datetime.now(datetime.UTC)
    submission, *others = acts
    release = releases.submit(model.Session, subject_of(dataset), document, submission, now)
    for act in others:
        releases.move(model.Session, release.id, act, now, current=document)
    model.Session.execute(
        sa.update(model.Package).where(model.Package.id == dataset_id).values(private=False)
    )
    require_signed_if_public(stored_dataset(dataset_id))


with make_app(load_config(os.environ["CKAN_INI"]))._wsgi_app.test_request_context():
    main(sys.argv[1], int(sys.argv[2]))
