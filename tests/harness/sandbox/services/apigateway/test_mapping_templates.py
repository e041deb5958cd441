from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.services.apigateway.mapping_templates import Rendered, render

CHOOSE_ORIGIN = """\
#set($origin = $input.params().header.get("origin"))
#if(!$origin || $origin == "")
#set($origin = $input.params().header.get("Origin"))
#end
#if($origin == "https://a.example" || $origin == "https://b.example")
#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end
"""


def test_a_template_overrides_a_header_with_the_origin_that_asks() -> None:
    rendered = render(CHOOSE_ORIGIN, headers={"origin": "https://b.example"}, query={})
    assert rendered.headers == {"Access-Control-Allow-Origin": "https://b.example"}


def test_an_origin_that_is_not_listed_gets_no_header() -> None:
    assert render(CHOOSE_ORIGIN, headers={"origin": "https://evil.example"}, query={}).headers == {}


def test_a_request_without_an_origin_gets_no_header() -> None:
    assert render(CHOOSE_ORIGIN, headers={}, query={}).headers == {}


def test_else_and_elseif_pick_one_branch() -> None:
    template = '#if($input.params("n") == "1")one#elseif($input.params("n") == "2")two#{else}more#end.'
    bodies = [render(template, headers={}, query={"n": n}).body for n in ("1", "2", "3")]
    assert bodies == ["one.", "two.", "more."]


def test_a_branch_inside_a_dead_branch_stays_dead() -> None:
    template = "#if(1 == 2)#if(1 == 1)no#{else}no#end#{else}yes#end"
    assert render(template, headers={}, query={}).body == "yes"


def test_a_template_overrides_the_status() -> None:
    rendered = render("#set($context.responseOverride.status = 404)gone", headers={}, query={})
    assert rendered == Rendered(body="gone", headers={}, status=404)


def test_and_binds_tighter_than_or() -> None:
    assert render("#if(true || false && false)yes#end", headers={}, query={}).body == "yes"
    assert render("#if((true || false) && false)yes#end", headers={}, query={}).body == ""


@given(st.text(alphabet=st.sampled_from("#$!(){}\"'=&|.setifelsendinputparams \n"), max_size=120))
def test_no_template_raises(template: str) -> None:
    assert isinstance(render(template, headers={"a": "b"}, query={}), Rendered)
