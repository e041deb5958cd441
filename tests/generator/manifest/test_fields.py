"""What messages say of a text's form is what the form takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import TypeAdapter, ValidationError

from generator.manifest import Manifest
from generator.manifest.fields import Form, Part


def forms(annotation: Any, path: str) -> Iterator[tuple[str, Form]]:
    """Every form in an annotation and in the parts below it, by the keys that lead there."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, Part):
        for name, field in annotation.model_fields.items():
            yield from ((f"{path}.{name}", found) for found in field.metadata if isinstance(found, Form))
            yield from forms(field.annotation, f"{path}.{name}")
        return
    if get_origin(annotation) is Annotated:
        yield from ((path, found) for found in annotation.__metadata__ if isinstance(found, Form))
    for inner in get_args(annotation):
        yield from forms(inner, path)


FORMS = sorted(set(forms(Manifest, "")), key=str)


def test_the_manifests_forms_are_found() -> None:
    assert {".account_id", ".data.tables.hash_key", ".compute.api.routes"} <= {path for path, _ in FORMS}


@pytest.mark.parametrize(("path", "form"), FORMS, ids=[f"{path} {form.words[:20]}" for path, form in FORMS])
def test_an_example_in_a_forms_words_has_that_form(path: str, form: Form) -> None:
    given = re.search(r"(?:such as|for example) (.+?)(?:, (?:at|or).*| \(.*)?$", form.words)
    if given is not None:
        assert re.search(form.pattern, given[1].strip('"')), (path, given[1])
    assert len(form.words) < 110


@pytest.mark.parametrize("value", ["", "A b", 7, None, "x" * 300, "a\n"])
def test_what_has_not_the_form_is_refused_in_its_words_alone(value: Any) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(
        Annotated[str, Form(r"^[a-z{}]+$", "{lower} case", min_length=1, max_length=20)]
    )
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(value)
    assert [detail["msg"] for detail in caught.value.errors()] == ["must be {lower} case"]
