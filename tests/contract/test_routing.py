"""Which path a request belongs to."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contracts import FORM, get, loaded, operation, parameter, rules
from support.growth import LINEAR, growth

from toolkit.contract.model import Match
from toolkit.contract.routing import build_router
from toolkit.contract.servers import Servers
from toolkit.exchange import Headers, Request

KEYS = [
    "/pets", "/pets/{id}", "/pets/mine", "/pets/{id}.json", "/pets/{id}/toys/{toy}", "/files/{path}", "/files/{path}/meta",
    "/repos/{o}/{r}", "/repos/{o}/{r}/a", "/repos/{o}/{r}/b", "/repos/{o}/{r}/c", "/repos/{o}/{r}/d", "/repos/{o}/{r}/contents/{path}",
    "/a b", "/a%3Ab", "/jobs/{id}:run", "/v/{n}.{e}", "/v/{n}.json", "/{x}-{y}", "/slash/", "/",
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "key", "values"),
    [
        ("/pets", "/pets", {}),
        ("/pets/", "/pets", {}),
        ("/slash", "/slash/", {}),
        ("/pets/7", "/pets/{id}", {"id": "7"}),
        ("/pets/7/", "/pets/{id}", {"id": "7"}),
        ("/pets/mine", "/pets/mine", {}),
        ("/p%65ts/mine", "/pets/mine", {}),
        ("/pets/7.json", "/pets/{id}.json", {"id": "7"}),
        ("/pets/a%2Fb%20c", "/pets/{id}", {"id": "a/b c"}),
        ("/pets/a+b", "/pets/{id}", {"id": "a+b"}),
        ("/pets/%FF", "/pets/{id}", {"id": "\ufffd"}),
        ("/pets/1/toys/2", "/pets/{id}/toys/{toy}", {"id": "1", "toy": "2"}),
        ("/pets/1/toys/2/3", "/pets/{id}/toys/{toy}", {"id": "1", "toy": "2/3"}),
        ("/files/a/b/c.txt", "/files/{path}", {"path": "a/b/c.txt"}),
        ("/files/a/b/meta", "/files/{path}/meta", {"path": "a/b"}),
        ("/files/a/meta/b", None, {}),  # a sub-resource of `meta` that is not documented
        ("/repos/o/r/contents/x/y", "/repos/{o}/{r}/contents/{path}", {"o": "o", "r": "r", "path": "x/y"}),
        ("/repos/o/r/contents/", "/repos/{o}/{r}/contents/{path}", {"o": "o", "r": "r", "path": ""}),
        ("/repos/o/r/unknown", None, {}),  # too many sub-resources are documented for this to be a value
        ("/repos/o/r/a/b", None, {}),
        ("/a%20b", "/a b", {}),
        ("/a:b", "/a%3Ab", {}),
        ("/jobs/a%2Fb%3Arun", "/jobs/{id}:run", {"id": "a/b"}),
        ("/v/x.json", "/v/{n}.json", {"n": "x"}),
        ("/v/x.xml", "/v/{n}.{e}", {"n": "x", "e": "xml"}),
        ("/l-r", "/{x}-{y}", {"x": "l", "y": "r"}),
        ("/l-r/s", None, {}),  # a parameter that begins the path would take any
        ("/", "/", {}),
        ("/none", None, {}),
        ("", "/", {}),
        ("/x" * 500, None, {}),
    ],
)
def test_a_path_is_found_by_its_template_with_the_values_in_it(
    path: str, key: str | None, values: dict[str, str]
) -> None:
    found = build_router(KEYS).find(path)
    assert (found[0][0].key, found[0][1]) == (key, values) if key else found == []


def test_hostile_paths_take_no_time() -> None:
    router = build_router(
        ["/" + "-".join(f"{{p{i}}}" for i in range(8)), *("/" + "/".join(["{a}"] * n) + "/z" for n in range(1, 60))]
    )
    began = time.process_time()
    for path in ("/" + "-" * 60, "/a" * 150, "/" * 199, "/" + "a" * 100_000):
        router.find(path)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("api.shop.com", True), ("API.Shop.com:8443", True), ("staging.shop.com", True), ("shop.com", True), ("user:pw@api.shop.com", True),
        ("localhost:80", True), ("127.0.0.1:1", True), ("[::1]:80", True), ("backend", True), ("x.test", True), ("api.example.com", True),
        ("other.com", False), ("shop.com.evil.org", False), ("notshop.com", False), ("api.shop.com@evil.org", False),
    ],
)  # fmt: skip
def test_a_host_is_known_by_the_servers(host: str, known: bool) -> None:
    assert Servers(("api.shop.com",), ("",)).knows(host) is known


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.shop.co.uk", "b.shop.co.uk", True),
        ("a.shop.co.uk", "b.rival.co.uk", False),
        ("x.a.com.cn", "b.com.cn", False),
        ("api.ibm.de", "www.ibm.de", True),
        ("ours.github.io", "theirs.github.io", False),
        ("a.ours.github.io", "b.ours.github.io", True),
    ],
)
def test_hosts_of_one_domain(one: str, other: str, same: bool) -> None:
    assert Servers((one,), ()).knows(other) is same


SERVERS = [
    {"url": "https://{region}.shop.com:{port}/{base}/", "variables": {"region": {"default": "eu"}, "port": {"default": "8443"},
        "base": {"default": "v2", "enum": ["v2", "v3"]}}},
    {"url": "/api"},
    {"url": "https://other.shop.com"}, {"url": "/my api"}, {"url": "https://{t}.eu.io", "variables": {"t": {"default": "b"}}},
    {"url": "./rel/"}, {"url": "bare.org/b"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://eu.shop.com:8443/v2/pets/1?x=1#f", ""), ("/api/pets/1", ""), ("/pets/1", ""), ("http://localhost:9/v2/pets/1/", ""),
        ("https://other.shop.com/pets/1", ""), ("/v3/pets/1", ""), ("/my%20api/pets/1", ""),
        ("/my%20a%70i/pets/1", ""), ("/%61pi/pets/1", ""), ("/my%2520api/pets/1", "no path"),
        ("https://a.eu.io/pets/1", ""),
        ("https://a.us.io/pets/1", "host a.us.io is not a server"), ("/rel/pets/1", ""), ("https://bare.org/b/pets/1", ""),
        ("https://evil.org/v2/pets/1", "host evil.org is not a server"), ("/v2x/pets/1", "the contract has no path that matches /v2x/pets/1"),
        ("/v2", "no path"), ("", "no path"),
        ("https://eu.shop.com", "no path"), ("::::", "no path"),
    ],
)  # fmt: skip
def test_an_address_is_matched_by_the_servers_of_the_contract(tmp_path: Path, url: str, why: str) -> None:
    contract = loaded(tmp_path, {"/pets/{id}": {"get": operation("pet", parameter("id", {}, "path"))}}, servers=SERVERS)
    found = contract.match(get(url))
    assert (
        (isinstance(found, Match) and found.path == {"id": "1"})
        if not why
        else (isinstance(found, str) and why in found)
    ), found


def test_a_variable_without_values_may_be_anything_and_a_base_may_begin_a_path_too(tmp_path: Path) -> None:
    paths = {"/a/{id}": {"get": operation("a", parameter("id", {}, "path"))}}
    free = [{"url": "https://{host}/{v}", "variables": {"host": {"default": "api.shop.com"}, "v": {"default": "v1"}}}]
    assert isinstance(loaded(tmp_path, paths, servers=free).match(get("https://my.org/v7/a/1")), Match)
    for url in ("{baseUrl}", "{{baseUrl}}", "{server}/v1"):
        contract = loaded(tmp_path, paths, servers=[{"url": url}])
        base = "/v1" * url.endswith("/v1")
        assert isinstance(contract.match(get(f"https://my.org{base}/a/1")), Match), url
        assert not isinstance(contract.match(get(f"https://my.org{base}/b/1")), Match)
    both = [{"url": "https://shop.com/a"}, {"url": "https://shop.com"}]
    for path in ("/a/1", "/a/a/1"):
        assert isinstance(loaded(tmp_path, paths, servers=both).match(get("https://shop.com" + path)), Match)


@pytest.mark.parametrize(
    "path, is_known", [("/api/trains", True), ("/api/api/trains", True), ("/api", True), ("/api/cars", False)]
)
def test_a_base_path_that_stands_in_the_paths_too(path: str, is_known: bool, tmp_path: Path) -> None:
    """The service is at the bare address, or where the contract says; that another path takes any segments is no match."""
    paths = {
        "/api": {"get": operation("c")},
        "/api/trains": {"get": operation("a")},
        "/{x}/{y}": {"delete": operation("b")},
    }
    found = loaded(tmp_path, paths, servers=[{"url": "https://rails.org/api"}]).match(get(f"https://rails.org{path}"))
    assert isinstance(found, Match) is is_known


def test_a_method_is_matched_in_any_case_and_another_is_told_those_documented(tmp_path: Path) -> None:
    contract = loaded(
        tmp_path,
        {
            "/a": {"get": operation("a"), "post": operation("b")},
            "/{x}": {"delete": operation("c", parameter("x", {}, "path"))},
        },
    )
    assert isinstance(contract.match(get("/a", method="delete")), Match)  # the templated path fits too
    assert contract.match(get("/a", method="PUT")) == "PUT is not documented for /a (documented: GET, POST)"


def action(name: str, where: str = "query", key: str = "Action") -> dict[str, object]:
    return operation(name, parameter(key, {"type": "string", "enum": [name]}, where, required=True))


RPC = {
    "fragment": {"/#A": {"get": action("A"), "post": action("A")}, "/#B": {"get": action("B"), "post": action("B")}},
    "query": {"/?Action=A": {"get": action("A"), "post": action("A")}, "/?Action=B": {"get": action("B"), "post": action("B")}},
    "header": {f"/#{name}": {method: action(name, "header", "X-Amz-Target") for method in ("get", "post")} for name in "AB"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("style", "request_", "name"),
    [
        ("fragment", get("/?Action=B"), "B"), ("query", get("/?x=1&Action=A"), "A"), ("query", get("/?Action=%42"), "B"),
        ("fragment", get("/", FORM, body=b"x=1&Action=B", method="POST"), "B"),
        ("query", get("/", FORM, body=b"Action=A", method="POST"), "A"),
        ("header", get("/", ("x-amz-target", "B"), method="POST"), "B"),
        ("fragment", get("/?Action=C"), "Action=C selects no operation of the contract (known: A, B)"),
        ("fragment", get("/?action=A"), "no Action parameter"), ("header", get("/"), "no X-Amz-Target header field"),
        ("fragment", get("/", ("Content-Type", "application/json"), body=b"Action=B", method="POST"), "no Action parameter"),
    ],
)  # fmt: skip
def test_an_operation_in_rpc_style_is_found_by_its_action(
    tmp_path: Path, style: str, request_: Request, name: str
) -> None:
    found = loaded(tmp_path, RPC[style]).match(request_)
    assert found.operation.name == name if isinstance(found, Match) else name in found


def test_a_rest_operation_is_not_lost_for_a_single_valued_parameter(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/a": {"get": action("v1", key="api-version")}})
    assert isinstance(contract.match(Request("GET", "/a?api-version=v2", Headers())), Match)


NEEDED = {"required": True, "allowEmptyValue": True}
BESIDE = {
    "/{b}": {"get": operation("list", parameter("b", {}, "path"))},
    "/{b}#acl": {"get": operation("acl", parameter("b", {}, "path"), parameter("acl", {"enum": [True]}, **NEEDED))},
    "/{b}#up": {"get": operation("part", parameter("b", {}, "path"), parameter("up", {"type": "string"}, required=True))},
    "/r?m=x": {"get": operation("x")}, "/r?m=y&z={id}": {"get": operation("y", parameter("id", {"type": "integer"}, "path"))},
}  # fmt: skip


@pytest.mark.parametrize(
    ("url", "name", "broken"),
    [
        ("/k", "list", []), ("/k?acl", "acl", []), ("/k?acl=true", "acl", []), ("/k?up=7", "part", []), ("/r?m=x", "x", []),
        ("/r?m=y&z=1", "y", []), ("/r?m=y&z=q", "y", ["parameter-invalid"]), ("/r?m=y", "y", ["parameter-missing"]),
    ],
)  # fmt: skip
def test_operations_of_one_path_are_told_apart_by_what_they_need(
    tmp_path: Path, url: str, name: str, broken: list[str]
) -> None:
    contract = loaded(tmp_path, BESIDE)
    found = contract.match(get(url))
    assert isinstance(found, Match) and found.operation.name == name
    assert rules(contract, get(url)) == broken


def test_a_query_in_a_path_key_is_asked_for(tmp_path: Path) -> None:
    contract = loaded(tmp_path, {"/r?m=x": {"get": operation("x")}})
    assert contract.match(get("/r?m=z")) == "no operation of /r accepts this query"


SEGMENTS = st.lists(st.sampled_from(["{}", "-", ".", "a"]), min_size=1, max_size=6).map("".join)


@given(SEGMENTS, st.text("-.ab", min_size=1, max_size=9))
def test_a_segment_is_split_as_a_greedy_pattern_would(template: str, segment: str) -> None:
    key = "/" + re.sub(r"\{\}", lambda found: f"{{p{found.start()}}}", template)
    found = build_router([key]).find("/" + segment)
    match = re.fullmatch(re.escape(template).replace(r"\{\}", "(.+)"), segment)
    assert [tuple(values.values()) for _, values in found] == ([match.groups()] if match else [])


@pytest.mark.parametrize("key", ["/{a}-{b}-{c}-{d}!", "/{a}-{b}-{c}-{d}-{e}/x", "/x/{a}.{b}.{c}.{d}@{e}"])
def test_several_parameters_in_a_segment_take_linear_time(key: str) -> None:
    router = build_router([key])
    for path in ("/" + "-" * 4_000, "/x/" + "." * 4_000, "/" + "-/" * 150):
        assert router.find(path) == []
    assert growth(lambda count: "/" + "-" * count, router.find, 10_000) < LINEAR


def test_many_paths_with_a_literal_in_one_segment_are_entered_in_linear_time() -> None:
    assert growth(lambda count: [f"/a/{{x}}:do{number}" for number in range(count)], build_router, 500) < LINEAR
    assert build_router(["/{x}c", "/{x}bc"]).find("/abc")[0][1] == {"x": "a"}, "the one with more of it is tried first"


@pytest.mark.slow
def test_variables_of_a_host_and_of_a_base_path_take_linear_time(tmp_path: Path) -> None:
    servers = [{"url": "https://{a}.{b}.{c}.{d}.example.net/{e}-{f}-{g}-{h}/v1"}]
    known = loaded(tmp_path, {"/x": {"get": operation("x")}}, servers=servers).servers
    path = "/1-2-3-4/v1/x"
    assert known.strip(path) == ["/x"] and known.knows("q.r.s.t.example.net")
    assert growth(lambda count: "a." * count + "org", known.knows, 50_000) < LINEAR
    assert growth(lambda count: "/" + "-" * count, known.strip, 50_000) < LINEAR


NAME, VERSION = {"type": "string", "pattern": "^[a-z-]+$"}, {"type": "string", "pattern": "^[0-9]+(-[a-z]+)?$"}


@pytest.mark.parametrize(("key", "url", "broken"), [
    ("/{a}-{b}", "/ab-c-1", []), ("/{a}-{b}", "/ab-c-1-beta", []), ("/{a}-{b}", "/ab-c-1-2", ["parameter-invalid"]),
    ("/{a}-{b}/x", "/a-1-b/x", []), ("/{a}-{b}.zip", "/a-1-b.zip", []), ("/{a}{b}", "/ab12", []), ("/{a}%20{b}", "/a-%201-b", []),
    ("/{a}-{b}", f"/{'1-' * 3000}", ["parameter-invalid", "parameter-invalid"]),
])  # fmt: skip
def test_a_segment_is_split_as_its_parameters_allow(tmp_path: Path, key: str, url: str, broken: list[str]) -> None:
    described = operation("x", parameter("a", NAME, "path"), parameter("b", VERSION, "path"))
    assert rules(loaded(tmp_path, {key: {"get": described}}), get(url)) == broken


def test_ways_to_split_a_segment_are_bounded(tmp_path: Path) -> None:
    described = operation("x", *(parameter(name, {"type": "string", "minLength": 1}, "path") for name in "abc"))
    described["parameters"].append(parameter("d", {"type": "integer"}, "path"))
    contract = loaded(tmp_path, {"/{a}-{b}-{c}-{d}": {"get": described}})
    assert rules(contract, get("/" + "-" * 4000)) == ["limit-exceeded"]
