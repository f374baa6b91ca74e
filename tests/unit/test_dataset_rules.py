"""The minimum metadata: what a dataset may not go to review without."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.demo import journey
from ckanext.imssbienestar.domain.dataset import MinimumMetadata, MissingField, missing_metadata

DATA = read_yaml("minimum_metadata.yaml")
MINIMUM = MinimumMetadata(tuple(DATA["dataset"]), tuple(DATA["resource"]))
EMPTY = [None, "", "   ", "\n", [], {}]


def complete(resources: int = 2) -> dict[str, Any]:
    return {
        **{name: f"{name} escrito" for name in MINIMUM.dataset},
        "resources": [
            {name: f"{name} {number}" for name in MINIMUM.resource} for number in range(resources)
        ],
    }


@pytest.mark.req("R-108")
def test_a_complete_dataset_lacks_nothing() -> None:
    assert missing_metadata(complete(), MINIMUM) == ()


@pytest.mark.req("R-108")
@pytest.mark.parametrize("name", MINIMUM.dataset)
@pytest.mark.parametrize("value", EMPTY, ids=repr)
def test_each_empty_field_of_the_dataset_is_named(name: str, value: Any) -> None:
    expected = (MissingField(name),)
    assert missing_metadata({**complete(), name: value}, MINIMUM) == expected
    absent = {key: kept for key, kept in complete().items() if key != name}
    assert missing_metadata(absent, MINIMUM) == expected


@pytest.mark.req("R-108")
@pytest.mark.parametrize("name", MINIMUM.resource)
@pytest.mark.parametrize("value", EMPTY, ids=repr)
def test_each_empty_field_of_a_resource_is_named_with_its_resource(name: str, value: Any) -> None:
    dataset = complete()
    dataset["resources"][1][name] = value
    where = "#2" if name == "name" else "name 1"
    assert missing_metadata(dataset, MINIMUM) == (MissingField(name, where),)


@pytest.mark.req("R-108")
@given(
    st.sets(st.sampled_from(MINIMUM.dataset)),
    st.lists(st.sets(st.sampled_from(MINIMUM.resource)), max_size=4),
)
def test_all_that_is_empty_is_named_and_nothing_else(
    dataset_holes: set[str], resource_holes: list[set[str]]
) -> None:
    dataset = complete(len(resource_holes))
    dataset.update(dict.fromkeys(dataset_holes, ""))
    for resource, holes in zip(dataset["resources"], resource_holes, strict=True):
        resource.update(dict.fromkeys(holes, ""))
    found = missing_metadata(dataset, MINIMUM)
    assert {each.name for each in found if each.resource is None} == dataset_holes
    assert len(found) == len(dataset_holes) + sum(map(len, resource_holes))
    # The dataset's own come first: people read them from top to bottom.
    assert [each.resource is None for each in found] == sorted(
        (each.resource is None for each in found), reverse=True
    )


def test_false_and_zero_are_values_when_written_as_text() -> None:
    assert missing_metadata({"a": "0"}, MinimumMetadata(("a",), ())) == ()


@pytest.mark.req("R-108")
def test_every_sample_table_has_its_minimum_metadata(samples: Any) -> None:
    """The real metadata of the samples are enough to publish them."""
    for entry in read_yaml("demo.yaml")["datasets"]:
        metadata = {**journey.metadata(samples, entry), "resources": []}
        assert missing_metadata(metadata, MINIMUM) == (), entry["name"]
