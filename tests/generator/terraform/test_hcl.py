from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import hcl2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generator.terraform import hcl

NASTY = [
    "",
    '"',
    "\\",
    "\n",
    "\r\n",
    "\t",
    "${aws_iam_role.x.arn}",
    "$${x}",
    "$$${x}",
    "%{ if true }x%{ endif }",
    "%%{x}",
    "$",
    "${",
    "%{",
    'a"b${c}%{d}\\e\nf',
    "<<EOT\nx\nEOT",
    "# comment",
    "/* comment",
    "\u2028",
    "\x7f",
    "\x01",
    "\x1b[31m",
    "日本語",
    "😀",
    "\U000e0001",
    "x" * 10_000,
    '"${' * 3_000,
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).filter(
    lambda text: hcl.unencodable(text) is None
)


@pytest.mark.terraform
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(texts=NASTY)
@given(texts=st.lists(TEXT, min_size=100, max_size=200))
def test_terraform_reads_back_every_string_as_it_was(texts: list[str], tmp_path: Path) -> None:
    terraform = shutil.which("terraform")
    assert terraform, "Terraform must be on PATH for this test; `make setup` puts it there"
    body = "".join(
        f"output {hcl.string(f's{number}')} {{\n{hcl.attributes({'value': text}, indent=2)}}}\n"
        for number, text in enumerate(texts)
    )
    (tmp_path / "main.tf").write_bytes(body.encode())
    (tmp_path / "terraform.tfstate").unlink(missing_ok=True)
    for command in (["fmt", "-check"], ["apply", "-auto-approve", "-input=false"]):
        subprocess.run([terraform, *command], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    shown = subprocess.run(
        [terraform, "output", "-json"], cwd=tmp_path, check=True, capture_output=True, timeout=60
    )
    read = json.loads(shown.stdout)
    assert [read[f"s{number}"]["value"] for number in range(len(texts))] == texts


# python-hcl2 8.1.4 looks for the end of an escaped "$${" that Terraform rightly takes for text
@pytest.mark.parametrize("text", [text for text in NASTY[:-2] if text not in ("${", "%{")])
def test_a_second_parser_finds_one_attribute_and_nothing_else(text: str) -> None:
    parsed = hcl2.loads(f"block {{\n{hcl.attributes({'a': text, 'b': 1}, indent=2)}}}\n")
    (block,) = parsed["block"]
    assert {name for name in block if not name.startswith("__")} == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\ud800", "contains half of a surrogate pair, which is not valid Unicode"),
        ("a\0b", "contains a NUL character, which AWS accepts nowhere"),
        ("e\u0301", "is not in Unicode normal form NFC, to which Terraform would change it silently"),
    ],
)
def test_a_string_that_terraform_would_change_is_refused(text: str, reason: str) -> None:
    assert hcl.unencodable(text) == reason
    with pytest.raises(ValueError, match=reason):
        hcl.string(text)


@pytest.mark.parametrize("path", ["", "x y", 'a"', "${x}", "module.a\n}", "a.b(c)", "1a", "a..b", 'a["x]'])
def test_only_a_traversal_is_a_reference(path: str) -> None:
    with pytest.raises(ValueError, match="not a Terraform reference"):
        hcl.Reference(path)


@given(st.text(max_size=30))
def test_no_text_with_anything_but_names_dots_and_indices_is_a_reference(text: str) -> None:
    try:
        hcl.Reference(text)
    except ValueError:
        return
    assert not set(text) & set("${}()%\n\\ ,;#")


def test_values_are_laid_out_as_terraform_fmt_does() -> None:
    written = hcl.attributes(
        {
            "a": 1,
            "long_name": True,
            "object": {"us-east-1": {"x": [1, 2.5, "y"]}, "for": None},
            "b": {},
            "list": [{"k": "v"}],
            "reference": hcl.Reference("module.key.arn"),
            "nested": hcl.Block({"tags": {"a": "b"}}),
        },
        indent=2,
    )
    assert written == (
        "  a         = 1\n"
        "  long_name = true\n"
        "  object = {\n"
        '    "us-east-1" = {\n'
        '      x = [1, 2.5, "y"]\n'
        "    }\n"
        '    "for" = null\n'
        "  }\n"
        "  b = {}\n"
        "  list = [\n"
        "    {\n"
        '      k = "v"\n'
        "    },\n"
        "  ]\n"
        "  reference = module.key.arn\n"
        "\n"
        "  nested {\n"
        "    tags = {\n"
        '      a = "b"\n'
        "    }\n"
        "  }\n"
    )
