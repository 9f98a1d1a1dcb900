"""What is secret is shown nowhere and kept nowhere, whatever the place and the format."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contracts import loaded, operation, parameter
from support.growth import LINEAR, growth

from toolkit.cli.commands import open_har
from toolkit.cli.main import run
from toolkit.contract.model import Contract
from toolkit.exchange import Exchange, Headers, Request, Response
from toolkit.recordings.formats.har_entry import read_exchange, write_line
from toolkit.secrets import patterns
from toolkit.secrets.masking import Secrets
from toolkit.secrets.values import SHORT, in_base64, shown_path, without, writings
from toolkit.structs import replace
from toolkit.validation.hiding import LARGEST, Found, repeated, untold
from toolkit.validation.validator import Validator
from toolkit.verdict import Verdict, Violation

JSON = Headers((("Content-Type", "application/json"),))
CANARY = "CANARYq7w8e9r0"
SECRETS = Secrets()


def sent(
    url: str = "/", fields: tuple[tuple[str, str], ...] = (), media_type: str = "", body: str | None = None
) -> Request:
    typed = (("Content-Type", media_type),) if media_type else ()
    return Request("POST", url, Headers((*fields, *typed)), None if body is None else body.encode())


def in_json(body: Any) -> Request:
    return sent(media_type="application/json", body=body if isinstance(body, str) else json.dumps(body))


def in_text(body: str) -> Request:
    return sent(media_type="text/plain", body=body)


PLACES = {
    "authorization": sent(fields=(("Authorization", f"Bearer {CANARY}"),)),
    "basic": sent(fields=(("proxy-authorization", "Basic bWU6Q0FOQVJZcTd3OGU5cjA="),)),
    "key": sent(fields=(("X-Api-Key", CANARY),)),
    "cookie": sent(fields=(("Cookie", f"theme=1; sid={CANARY}"),)),
    "query": sent(f"http://h/x?a=1&access_token={CANARY}"),
    "encoded name": sent(f"http://h/x?access%5Ftoken={CANARY}"),
    "fragment": sent(f"http://h/x#id_token={CANARY}&a=1"),
    "presigned": sent(f"http://h/x?X-Amz-Signature={CANARY}&sig={CANARY}&Signature={CANARY}&X-Goog-Credential={CANARY}"),
    "user": sent(f"http://me:{CANARY}@h/x"),
    "user with signs": sent(f"http://me:a/b?c#d@{CANARY}@h/x"),
    "json": in_json({"a": [{"user_password": CANARY}]}),
    "json within": in_json({"credentials": {"k": [CANARY], "n": 1}}),
    "json escaped": in_json(f'{{"p\\u0061ssword": "{CANARY}"}}'),
    "json cut off": in_json(f'{{"password": "{CANARY}'),
    "json with a url": in_json({"link": f"https://h/?sig={CANARY}&x=1"}),
    "form": sent(media_type="application/x-www-form-urlencoded", body=f"a=1&client_secret={CANARY}"),
    "multipart": sent(
        media_type="multipart/form-data; boundary=B",
        body=f'--B\r\nContent-Disposition: form-data; name="password"\r\n\r\n{CANARY}\r\n--B--\r\n',
    ),
    "xml": sent(media_type="application/xml", body=f"<r><s:password>{CANARY}</s:password></r>"),
    "xml attribute": sent(media_type="text/xml", body=f"<r token='{CANARY}'/>"),
    "xml cdata": sent(media_type="text/xml", body=f"<r><token><![CDATA[{CANARY}]]></token></r>"),
    "access key": sent(f"http://h/x?AWSAccessKeyId={CANARY}&Expires=1"),
    "bearer in a query": sent(f"http://h/x?bearer={CANARY}"),
    "code of a grant": sent(f"http://h/x?code={CANARY}&state=1"),
    "URL in a query": sent(f"http://h/x?next=https%3A%2F%2Fh%2F%3Fa%3D1%26token%3D{CANARY}"),
    "user in a URL in a query": sent(f"http://h/x?next=https%3A%2F%2Fu%3A{CANARY}%40h%2F"),
    "user in a URL twice encoded": sent(f"http://h/x?next=a%253A%252F%252F{CANARY}%2540h"),
    "pair within a parameter": sent(f"http://h/x?a=b%26token={CANARY}"),
    "URL in a URL in a query": sent(f"http://h/x?u=http%3A%2F%2Fh%3Fv%3Dhttp%253A%252F%252Fi%253Fsig%253D{CANARY}%2526b"),
    "subprotocol": sent(fields=(("Sec-WebSocket-Protocol", f"chat, bearer, {CANARY}"),)),
    "end of a subprotocol": sent(fields=(("sec-websocket-protocol", f"base64url.bearer.authorization.k8s.io.{CANARY}, a"),)),
    "JSON in a query": sent(f'http://h/x?filter={{"a":1,"password":"{CANARY}"}}'),
    "JSON in a query, encoded": sent(f"http://h/x?filter=%7B%22password%22%3A+%22{CANARY}%22%7D"),
    "JSON in a form": sent(media_type="application/x-www-form-urlencoded", body=f"a=1&b=%7B%22token%22:%22{CANARY}%22%7D"),
    "JSON in a field": sent(fields=(("X-Context", f'{{"user":"me","token":"{CANARY}"}}'),)),
    "connection string": in_json({"dsn": f"Server=h;User=a;Password={CANARY};"}),
    "JSON Web Token": sent(f"http://h/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{CANARY}"),
    "command": in_json({"run": f"curl -H 'Authorization: Bearer {CANARY}'"}),
    "cookie in quotes": sent(fields=(("Cookie", f'a="1;{CANARY}"; b=2'),)),
    "columns and rows": in_json({"rows": [["a", CANARY]], "columns": ["b", "pin"]}),
    "columns that are objects": in_json(
        json.dumps(
            {"schema": {"fields": [{"name": "b"}, {"name": "token"}]}, "rows": [[1, CANARY], [2, None]]}, indent=1
        )
    ),
    "first row of names": in_json([["a", "api_key"], ["b", CANARY]]),
    "fields in pairs": in_json([["Authorization", "Bearer a"], ["x-api-key", "a1" + CANARY]]),
    "table in a string": in_json({"x": f"user,password\nme,{CANARY}\n"}),
    "marked table in a string": in_json({"x": f"| a | token |\n|---|---|\n| b | {CANARY} |"}),
    "two lines of an event": sent(media_type="text/event-stream", body=f'data: {{"a": 1,\ndata: "token":\ndata:  "{CANARY}"}}\n\n'),
    "option of a list": in_json(json.dumps({"args": ["--password", "a1" + CANARY]}, indent=1)),
    "secret of kubernetes in yaml": sent(media_type="application/yaml", body=f"kind: Secret\nstringData:\n  x: {CANARY}\n"),
    "argument in a query": sent(f"http://h/x?query=%7Bme(token%3A%22{CANARY}%22)%7Bid%7D%7D"),
    "second password": in_json({"password2": CANARY}),
    "json in json": in_json({"Message": json.dumps({"token": CANARY})}),
    "json that names": in_json([{"name": "password", "value": CANARY}]),
    "json that names by val": in_json([{"key": "api_key", "val": CANARY}]),
    "json that names later": in_json([{"value": CANARY, "key": "token"}]),
    "argument": in_json({"query": f'{{login(password: "{CANARY}")}}'}),
    "no json": in_text(f"{{'password': '{CANARY}'}}"),
    "form of another type": in_text(f"password={CANARY}"),
    "part of json": sent(
        media_type="multipart/mixed; boundary=B",
        body=f'--B\r\nContent-Type: application/json\r\n\r\n{{"password":"{CANARY}"}}\r\n--B--\r\n',
    ),
    "xml attribute after >": sent(media_type="text/xml", body=f'<r a=">" token="{CANARY}"/>'),
    "xml that names": sent(media_type="text/xml", body=f'<p name="password" value="{CANARY}"/>'),
    "xml text that is named": sent(media_type="text/xml", body=f'<p><q name="password">{CANARY}</q></p>'),
    "key of a function": sent(f"http://h/api/f?code=a1{CANARY}-and-more=="),
    "json in json in json": in_json({"a": json.dumps({"b": json.dumps({"c": json.dumps({"x": 1, "token": CANARY})})})}),
    "part with an encoded name": sent(
        media_type="multipart/form-data; boundary=B",
        body=f"--B\r\nContent-Disposition: form-data; name*=UTF-8''pass%77ord\r\n\r\n{CANARY}\r\n--B--\r\n",
    ),
    "xml-rpc": sent(media_type="text/xml", body=f"<p><member><name>password</name><value><string>{CANARY}</string></value></member></p>"),
    "property list": sent(media_type="text/xml", body=f"<dict><key>token</key><string>{CANARY}</string></dict>"),
    "yaml": sent(media_type="application/yaml", body=f"user: me\ndb:\n  - password: '{CANARY}'\n    port: 1\n"),
    "yaml below": sent(media_type="text/x-yaml", body=f"credentials:\n  - me\n  - {CANARY}\nuser: me\n"),
    "yaml block": sent(media_type="application/yaml", body=f"a: 1\nprivate_key: |\n  {CANARY}\nuser: me\n"),
    "yaml flow": sent(media_type="application/yaml", body=f"a: {{user: me, password: {CANARY}}}\n"),
    "settings": in_text(f"A=1\nexport DB_PASSWORD={CANARY}\n"),
    "header fields": in_text(f"Accept: a/b\nX-Api-Key: {CANARY}\n"),
    "issued key behind a line": in_json({"log": f"token:\nxoxb-{CANARY}1234567890"}),
    "issued key": in_json({"log": f"push with ghp_{CANARY}1234567890"}),
    "field of an object": sent(f"http://h/x?password[new]={CANARY}&a=1"),
    "short name": sent(f"http://h/x?pw={CANARY}"),
    "pair in a text": in_text(f"INFO login user=me password={CANARY} ok\n"),
    "setting with spaces": in_text(f"[default]\naws_secret_access_key = {CANARY}\n"),
    "setting in quotes": sent(media_type="text/toml", body=f'[db]\npassword = "{CANARY} and more"\n'),
    "script": sent(media_type="text/html", body=f'<html><script>var apiKey = "{CANARY}";</script></html>'),
    "complaint": in_json({"error": f"password: {CANARY} is weak"}),
    "cookie in a text": in_json({"log": f"Set-Cookie: s={CANARY}; a"}),
    "lines in json": in_json({"y": f"a: 1\nA_TOKEN={CANARY}\nb: 2"}),
    "yaml in json": in_json({"y": f"a: 1\npassword: {CANARY}\n"}),
    "element in json": in_json({"x": f"<a><password>{CANARY}</password>"}),
    "attribute in json": in_json({"x": f'<db user="u" password="{CANARY}"/>'}),
    "input in json": in_json({"x": f'<input name="csrf_token" value="{CANARY}">'}),
    "input in json of a page": sent(
        media_type="text/html",
        body="<html><script>x=" + json.dumps(f'<input name="password" value="{CANARY}">') + "</script></html>",
    ),
    "input without quotes": sent(media_type="text/html", body=f"<html><input value={CANARY} name=password></html>"),
    "escaped element": sent(media_type="text/xml", body=f"<r>&lt;password&gt;{CANARY}&lt;/password&gt;</r>"),
    "escaped json": sent(media_type="text/xml", body=f"<r>{{&quot;token&quot;:&quot;{CANARY}&quot;}}</r>"),
    "table": sent(media_type="text/csv", body=f'id,note,"api key"\r\n1,"a, b\r\nc",{CANARY}\r\n2,,"{CANARY}"'),
    "table by tabs": sent(media_type="text/tab-separated-values", body=f"user\tpassword\nme\t{CANARY}\n"),
    "curl": in_json({"x": f"curl -s -u me:{CANARY} https://h/"}),
    "curl in quotes": in_text(f'$ curl --user "me:{CANARY}" https://h/'),
    "device code": in_json({"device_code": CANARY, "user_code": "A-B"}),
    "hint of a token": sent(f"http://h/x?id_token_hint={CANARY}"),
    "code of a grant in json": in_json({"grant_type": "authorization_code", "code": CANARY}),
    "code of a grant with its issuer": sent(f"http://h/x?code={CANARY}&iss=https%3A%2F%2Fa"),
    "private part of a key": in_json({"kty": "EC", "x": "a", "d": CANARY}),
    "encrypted JSON Web Token": sent(f"http://h/x?a=eyJhbGciOiJkaXIifQ..{CANARY}.b.c"),
    "JSON in a query, twice encoded": sent(f"http://h/x?d=%257B%2522password%2522%253A%2520%2522{CANARY}%2522%257D"),
    "pair as a parameter": sent(f"http://h/x?d=password%3D{CANARY}&a=1"),
    "pair as a parameter, twice encoded": sent(f"http://h/x?d=password%253D{CANARY}%2526a"),
    "JSON in Base64": in_json({"x": b64encode(f'{{"password":"{CANARY}"}}'.encode()).decode()}),
    "user in Base64": in_text("Basic bWU6Q0FOQVJZcTd3OGU5cjA= is refused"),
    "graphql": sent(media_type="application/graphql", body=f'{{login(user:"me", password:"{CANARY}"){{id}}}}'),
    "block string of graphql": in_json({"query": f'{{login(password:"""{CANARY}"""){{id}}}}'}),
    "json that names with more between": in_json([{"Key": "token", "type": "text", "on": True, "Value": CANARY}]),
    "encoded private key": sent(media_type="application/x-www-form-urlencoded", body=f"k=-----BEGIN%20EC%20PRIVATE%20KEY-----%0A{CANARY}%0A"),
    "address of a hook": in_json({"x": f"https://hooks.slack.com/services/T1/B1/{CANARY}1"}),
    "token in a path": sent(f"http://h/bot123456789:AA{CANARY}{CANARY}12345/getMe"),
    "patch": in_json([{"op": "add", "path": "/user/password", "value": CANARY}]),
    "complaint that names later": in_json({"rejectedValue": CANARY, "field": "pin"}),
    "json that names several": in_json({"id": "token", "values": ["a1", CANARY]}),
    "json that names a typed value": in_json({"key": "token", "value": {"stringValue": CANARY}}),
    "list of fields": in_json([["X-Api-Key", CANARY]]),
    "tuple of Python": in_json({"log": f"[('authorization', 'Bearer {CANARY}')]"}),
    "dict of Python": in_json({"log": f"{{'x-api-key': '{CANARY}'}}"}),
    "hash of Ruby": in_json({"log": f'{{"user"=>"me", "password"=>"{CANARY}"}}'}),
    "script without quotes": sent(media_type="text/html", body=f"<html><script>s = {{accessToken:'{CANARY}'}}</script></html>"),
    "argument of a command": in_json({"run": f"tool --token {CANARY}"}),
    "go": in_json({"log": f"{{User:me Password:{CANARY}}}"}),
    "yaml that names": sent(media_type="application/yaml", body=f"env:\n- name: DB_PASSWORD\n  value: {CANARY}\n"),
    "yaml with an anchor": sent(media_type="application/yaml", body=f"password: &p {CANARY}\n"),
    "attribute within": sent(media_type="text/xml", body=f"<credentials><a><b x='{CANARY}'/></a></credentials>"),
    "element in a form": sent(media_type="application/x-www-form-urlencoded", body=f"xml=%3Cpassword%3E{CANARY}%3C%2Fpassword%3E"),
    "graphql in a query": sent(f"http://h/x?query=%7Blogin%28password%3A%22{CANARY}%22%29%7Bid%7D%7D"),
    "encoded matrix parameter": sent(f"http://h/a%3Bjsessionid={CANARY}?x=1"),
    "pair behind a comma": sent(fields=(("Baggage", f"user=me,api_key={CANARY}"),)),
    "folded cookies": sent(fields=(("Set-Cookie", f"a=b; Path=/, sid={CANARY}; Path=/"),)),
    "cookie of a proxy": sent(fields=(("X-Original-Cookie", f"a={CANARY}"),)),
    "netrc": in_text(f"machine h\nlogin me\npassword {CANARY}\n"),
    "netrc in json": in_json({"x": f"machine h login u password {CANARY}"}),
    "sql": in_json({"x": f"CREATE USER a IDENTIFIED BY '{CANARY}'"}),
    "function of sql": in_json({"x": f"SET x = PASSWORD('{CANARY}')"}),
    "complaint in quotes": in_text(f"password '{CANARY}' is too weak"),
    "docker": in_json({"x": f"docker login -u me -p {CANARY} h"}),
    "mysql": in_text(f"mysql -u me -p{CANARY} db"),
    "httpie": in_text(f"http -a me:{CANARY} h"),
    "oracle": in_text(f"jdbc:oracle:thin:me/{CANARY}@//h:1521/x"),
    "htpasswd": in_text(f"me:$apr1$ab12cd34${CANARY}"),
    "network in a code": in_json({"x": f"WIFI:S:h;T:WPA;P:{CANARY};;"}),
    "markdown": sent(media_type="text/markdown", body=f"| user | password |\n|---|:-:|\n| me | {CANARY} |\n"),
    "secret of kubernetes": in_json({"kind": "Secret", "data": {"x": CANARY}}),
    "negotiation": sent(fields=(("WWW-Authenticate", f"Negotiate YII{CANARY}"),)),
    "signature of a hook": sent(fields=(("X-Shopify-Hmac-Sha256", CANARY), ("PayPal-Transmission-Sig", CANARY))),
    "scheme of its own": in_json({"x": f"Authorization: SSWS {CANARY}"}),
    "Base64 twice": in_json({"x": b64encode(b64encode(f'{{"password":"{CANARY}"}}'.encode())).decode()}),
    "no media type": sent(body=f'{{"refreshToken":"{CANARY}"}}'),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_found_shown_as_stars_and_kept_as_a_stand_in(place: str) -> None:
    request = PLACES[place]
    exchange = Exchange(request, Response(200, request.headers, request.body))
    assert any(CANARY in value for value in SECRETS.values(exchange))
    kept = SECRETS.kept(exchange)
    for message in (SECRETS.shown_request(request), kept, kept.request):
        text = repr(message)
        assert CANARY not in text and not any(one in text for one in in_base64(CANARY))
    assert len(kept.response.body or b"") == len(request.body or b"") or "\\u" in str(request.body)  # type: ignore[union-attr]
    assert Secrets(keep=True).kept(exchange) == exchange
    assert Secrets(keep=True).shown_request(request) == request


@pytest.mark.parametrize(
    "request_",
    [
        sent("http://h:80/users/@me?page_token=abc&limit=1", (("Accept", "a/b"), ("X-Request-Id", "r1"))),
        sent("http://h/x?SignatureMethod=m&SignatureNonce=n&next=http%3A%2F%2Fh%2Fa%40b%3Fc=d%40e"),
        sent("http://h/x?a=b%26c=d%26tokens%2B=e", (("Sec-WebSocket-Protocol", "graphql-transport-ws, v1.token"),)),
        sent("http://h/x?q=%22tokens%22%3A%22&f=%7B%22max_tokens%22:5,%22keyboard%22:%22de%22%7D"),
        sent('http://h/x?f={"name":"a","max_tokens":5}', (("X-Context", '{"user":"me","page_token":"a"}'),)),
        in_json('{"max_tokens": 5, "nextPageToken": "abc", "passed": true, "design": "x"}'),
        in_json('{"token": null, "requires_auth": true}'),
        sent("http://h/x?page[token]=abc&keys[]=a&passwordPolicy[least]=8"),
        sent("http://h/x?code=DE&a=1", (("WWW-Authenticate", "Bearer realm=a"), ("Cookie", ""))),
        in_json('{"name": "pen", "value": "12", "text": "a Bearer authentication", "oauth2": "a"}'),
        sent(media_type="application/xml", body="<xs:element name='password'><a>text</a></xs:element>"),
        in_json('{"tokenCount": 1, "keyboard": "a", "passwordPolicy": "p", "prompt_tokens": 7, "keys": ["a"]}'),
        sent(media_type="application/yaml", body="tokenCount: 1\nkeyboard: de\npasswordPolicy:\n  least: 8\nmonkey: a\n"),
        in_text("The password of a user is never shown.\nKeys: none\n"),
        sent(media_type="text/xml", body="<r><name>token</name><description>What it is</description></r>"),
        sent(media_type="text/xml", body="<m><name>user</name><value>me</value></m>"),
        sent(media_type="application/xml", body="<r><author>x</author><!-- <token>x</token> --></r>"),
        in_json({"hasPassword": "unknown", "has_secret": "maybe"}),
        in_json({"error": "token: expected at position 14; password: at least 8"}),
        in_json('{"u":"https://h/x?token=","v":"a token=","w":"b = 17 tokens = 4096"}'),
        in_json({"x": '<input name="user" value="me"> if token == null'}),
        sent(media_type="text/csv", body="name,author,tokens\na,b,512\n"),
        in_text("Keys, locks and doors\nopen, shut\n"),
        in_text("curl -u USER asks; docker run -u 1000:1000 a"),
        in_json('{"x": "sk-SK", "y": "task-4711-of-desk-0815-and-more", "z": "AKIA"}'),
        in_text("used tokens=4096 of 8192\n"),
        sent("http://h/x?d=a%3Db&f=grant_type%3Dx", (("X-Page", "eyJpZCI6NSwia2V5Ym9hcmQiOiJkZSJ9"),)),
        in_text("Basic authentication, Basic information: all"),
        in_json('{"param": "grant_type", "code": "missing", "d": 1, "answer": "a"}'),
        in_json('{"by_pass": "no", "boardingPass": "A1", "deviceId": "d1", "auth": {"status": "ok"}}'),
        in_json('[{"name": "a", "kind": "token", "value": "b"}, {"value": "c"}]'),
        in_json('{"tokens": 512, "x": "Unexpected token: \'}\' in it", "id": "a", "values": ["b"]}'),
        in_json('{"required": ["password", "line1of2"], "allowed": ["x-api-key", "accept-x"]}'),
        in_text("tool --token TOKEN --password <password>; author => 'me'; Signature: none\n"),
        sent("http://h/x?a=1,2&b=x~y=z", (("Set-Cookie", ""), ("Cookies", "accepted"))),
        sent(media_type="text/xml", body="<token xsi:type='a'/><author id='1'><name a='b'>x</name></author>"),
        sent(media_type="application/yaml", body="name: user\nvalue: me\n"),
        sent("http://h/x?code=200&state=open", (("Accept-Signature", "sig1=()"),)),
        sent("http://h/x?code=DE&state=BY"),
        in_json('{"assertion": "Status is 200", "oauth": "enabled"}'),
        in_json('{"password": {"type": "string", "minLength": 8, "format": "password"}, "apiKey": {"in": "header", "name": "X-K"}}'),
        sent(media_type="application/yaml", body="bearerAuth:\n  type: http\n  scheme: bearer\n"),
        in_json('{"a": "docker run -p 8080:80 a; docker login -u USER -p PASSWORD; http -a USER:PASSWORD h", "b": "login or password is wrong"}'),
        in_json('{"a": ["Your password", "password (at least 8)"], "c": "SELECT password FROM a"}'),
        sent(media_type="text/markdown", body="| user | team |\n|---|---|\n| me | red |\n"),
        in_json('{"kind": "ConfigMap", "data": {"x": "y"}, "wifi": "WIFI:S:h;T:nopass;;"}'),
        in_json('{"a": "Negotiate the price", "b": "jdbc:oracle:thin:@//h:1521/x"}'),
        sent(
            "http://h/x?auth=none&sig={sig}",
            media_type="application/json",
            body='{"oauth": true, "auth": "required", "pattern": "token=.*", "a": "?token=${TOKEN}", "secret": "[REDACTED]"}',
        ),
        sent(
            fields=(("X-RateLimit-Tokens", "5"),),
            media_type="application/json",
            body='{"fields": ["token", "a"], "points": [[1, 2]], "required": ["token"], "any": [["a"]], "x": "Your key, then\\nit, all"}',
        ),
        sent(media_type="application/graphql", body="query($token: String!) { me(token: $token) { id } }"),
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(request_: Request) -> None:
    assert SECRETS.shown_request(request_) == request_ and not SECRETS.values(Exchange(request_, None))


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("body", [f'{{"password": "{CANARY}"}}', f"<r><password>{CANARY}</password></r>"])
def test_a_secret_is_found_in_utf_16(coding: str, body: str) -> None:
    kept = SECRETS.kept(Exchange(replace(sent(), body=body.encode(coding)), None)).request
    assert kept and kept.body and "password" in kept.body.decode(coding) and CANARY not in kept.body.decode(coding)


def test_a_sign_of_nothing_at_the_beginning_makes_no_utf_16() -> None:
    body = b'\0{"x": [1], "password": "%s", "y": {"z": "w"}}' % CANARY.encode()
    for data in (body, body + b" "):
        kept = SECRETS.kept(Exchange(replace(sent(), body=data), None)).request
        assert kept and kept.body and b'"y"' in kept.body and CANARY.encode() not in kept.body


@pytest.mark.parametrize(
    ("text", "shown"), [("http://127.0.0.1:80/x", "http://127.0.0.1:80/x"), ("the pin 0.0.", "the pin ***.")]
)
def test_a_short_number_is_a_token_by_itself(text: str, shown: str) -> None:
    assert without(text, "0.0", "***") == shown


def test_attributes_of_a_cookie_stay() -> None:
    fields = Headers((("Set-Cookie", f"a={CANARY}; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),))
    kept = SECRETS.kept(Exchange(None, Response(200, fields))).response
    assert kept and kept.headers.get("set-cookie") == "a=AAAAAAa1a1a1a1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("value", "put"),
    [("s%3Aabc%2Fd", "a:aaa/a"), ("1%2C22", "1,11"), ("%C3%A9x", "aa"), ("50%x", "11*a"), ("a=b+c", "a=a+a")],
)
def test_a_cookie_is_masked_as_what_it_is_read_as(value: str, put: str) -> None:
    kept = SECRETS.kept(Exchange(Request("GET", "/x", Headers((("Cookie", f"sid={value}"),))), None))
    assert kept.request and kept.request.headers.get("cookie") == f"sid={put}"


def test_a_shown_url_keeps_what_is_not_secret() -> None:
    url = "http://me:pw@h/?A=1&Signature=abc%3D&SecurityToken=t&X-Amz-Signature=v&SignatureNonce=n&sig=w"
    shown = "http://h/?A=1&Signature=***&SecurityToken=***&X-Amz-Signature=***&SignatureNonce=n&sig=***"
    assert SECRETS.shown_url(url) == shown
    assert SECRETS.shown_url("?AccessKeySecret=x&b=") == "?AccessKeySecret=***&b="
    assert shown_path("/v1/users/reset-password/a8f3k2m9x0q1/x") == "/v1/users/reset-password/***/x"


def test_a_stand_in_has_the_length_and_the_kinds_of_signs_of_the_secret() -> None:
    body = '{"password": "aZ9-$", "pin": 1234, "token": "x y"}'
    kept = SECRETS.kept(Exchange(in_json(body), None))
    assert kept.request and kept.request.body == b'{"password": "aA1-*", "pin": 1111, "token": "a a"}'


def test_a_response_that_repeats_a_secret_of_its_request_is_kept_without_it() -> None:
    echo = Response(200, Headers((("X-Echo", f"got {CANARY}"),)), f'{{"echo": "Bearer {CANARY}"}}'.encode())
    assert CANARY not in repr(SECRETS.kept(Exchange(PLACES["authorization"], echo)))
    given = SECRETS.kept(Exchange(None, Response(200, Headers(), b"told-you-so")), ["told-you"])
    assert given.response and given.response.body == b"aaaa-aaa-so"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f'"{CANARY}" is too long', '"***" is too long'),
        (f"near '...{CANARY[2:]}'", "near '...***'"),
        ("abc is x", "*** is x"),
        ("abcd is x", "abcd is x"),
        ("curl 'http://h/?sig=zz'", "curl 'http://h/?sig=***'"),
        ("k=a%22b%22c", "k=***"),
        ('{"x": "a\\"b\\"c"}', '{"x": "***"}'),
    ],
)
def test_texts_are_shown_without_secrets(text: str, hidden: str) -> None:
    assert Found(SECRETS, (CANARY + "-and-more", CANARY, "abc", 'a"b"c')).hide(text) == hidden


MARKED: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "security": [{"k": []}],
    "paths": {
        "/x/{door}": {
            "post": {
                "operationId": "x",
                "parameters": [
                    {"name": "door", "in": "path", "required": True, "schema": {"type": "integer", "format": "password"}},
                    {"name": "q", "in": "query", "schema": {"type": "string", "format": "password", "maxLength": 3}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}},
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
    "components": {
        "securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Door"}},
        "schemas": {
            "In": {
                "properties": {
                    "answer": {"$ref": "#/components/schemas/Answer"},
                    "reply": {"$ref": "#/components/schemas/Its%20reply"},
                    "plain": {"type": "string", "maxLength": 3},
                    "code": {"type": "string", "writeOnly": True, "maxLength": 3},
                }
            },
            "Answer": {"type": "string", "format": "password", "maxLength": 3},
            "Its reply": {"type": "string", "format": "password", "maxLength": 3},
        },
    },
}  # fmt: skip


def test_what_the_contract_marks_is_secret_and_its_faults_are_still_found(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps(MARKED))
    contract = Contract.load(tmp_path / "c.json")
    body = json.dumps({"answer": CANARY, "reply": "CANARY-other", "plain": "visible-value", "code": "CANARY-code"})
    fields = (("X-Door", "CANARY-door"), ("Content-Type", "application/json"))
    request = Request("POST", "/x/CANARY-path?q=CANARY-query", Headers(fields), body.encode())
    exchange = Exchange(request, Response(200), "here")
    for validator in (Validator(contract), Validator(contract, keep_secrets=True)):
        verdict = validator.check(exchange)
        assert [violation.at for violation in verdict.violations] == [
            "request.path.door", "request.query.q", "request.body#/answer", "request.body#/reply", "request.body#/plain",
            "request.body#/code",
        ]  # fmt: skip
        assert ("CANARY" in repr(verdict)) is validator.keep_secrets and "visible-value" in repr(verdict)
    kept = contract.secrets.kept(exchange)
    assert "CANARY" not in write_line(kept).decode().replace("CANARY-path", "")  # a path tells no names
    again = Validator(contract).check(kept)
    assert [one.at for one in again.violations][1:] == [one.at for one in verdict.violations][1:]


SOUND = {
    "pin": ({"type": "integer", "minimum": 5000, "multipleOf": 2}, 7224),
    "password": ({"type": "string", "pattern": "^(?=.*[!?])"}, "hidden!word7"),
    "token": ({"type": "string", "format": "date-time"}, "2031-02-03T04:05:06Z"),
    "secret": ({"oneOf": [{"pattern": "^[xyz]+$"}, {"type": "integer"}]}, "zyzzyx"),
    "secrets": ({"items": {"format": "email"}, "uniqueItems": True}, ["so@ex.org", "to@ex.org"]),
    "id": ({"pattern": "^tok_"}, "tok_77abcd"),
}


def test_a_sound_recording_stays_sound_when_it_is_masked_and_what_is_at_fault_stays_at_fault(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {name: kind for name, (kind, _) in SOUND.items()}}
    parameters = parameter("api_key", {"pattern": "^tok_"}), parameter("sid", {"pattern": "^s-[5-9]+$"}, "cookie")
    described = operation(
        "x", *parameters, responses={"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}
    )
    contract = loaded(tmp_path, {"/x": {"get": described}})
    body = {name: value for name, (_, value) in SOUND.items()}

    def masked(**changed: Any) -> Verdict:
        fields = Headers((("Cookie", "sid=s-5678"),))
        response = Response(200, JSON, json.dumps(body | changed).encode())
        exchange = Exchange(Request("GET", "/x?api_key=tok_77abcd", fields), response)
        kept = contract.secrets.kept(exchange)
        assert (changed or Validator(contract).check(exchange).violations == ()) and "77" not in repr(kept)
        again = read_exchange(write_line(kept), "")
        assert again and again.masked
        return Validator(contract).check(again)

    unchecked = {one.at.rpartition(".")[2] for one in masked().violations if "is masked" in one.message}
    assert (
        unchecked == {"sid", "api_key", *(f"body#/{name}" for name in SOUND if name != "token")} and masked().conforms
    )
    for changed in ({"pin": True}, {"token": 5}, {"password": None}, {"id": "other"}):
        assert not masked(**changed).conforms, changed


def test_a_value_that_the_contract_lists_is_no_secret(tmp_path: Path) -> None:
    kinds = {
        "auth": {"enum": ["none", "basic"]},
        "session": {"type": "object", "properties": {"kind": {"const": "talk"}}},
    }
    contract = loaded(tmp_path, {**MARKED, "components": {"schemas": {"S": {"type": "object", "properties": kinds}}}})
    text = f'{{"auth": "basic", "session": {{"kind": "talk", "id": "{CANARY}"}}, "password": "{CANARY}"}}'
    kept = contract.secrets.kept(Exchange(sent("http://h/x?auth=none", media_type="application/json", body=text), None))
    assert kept.request
    assert kept.request.url == "http://h/x?auth=none"
    assert (kept.request.body or b"").startswith(b'{"auth": "basic", "session": {"kind": "talk", "id": "')
    assert CANARY.encode() not in (kept.request.body or b"")


def test_a_service_may_show_its_own_contract(tmp_path: Path) -> None:
    contract = MARKED | {"tags": [{"name": "auth", "description": "sign in"}]}
    (tmp_path / "c.json").write_text(json.dumps(contract))
    secrets = Contract.load(tmp_path / "c.json").secrets
    shown = {"tokenAuth": {"type": "string", "name": "auth", "value": CANARY}, "token": "auth"}
    exchange = Exchange(Request("GET", "/schema"), Response(200, JSON, json.dumps(shown).encode()))
    assert secrets.values(exchange) == {CANARY, "auth"}
    del shown["token"]
    assert secrets.values(replace(exchange, response=Response(200, JSON, json.dumps(shown).encode()))) == {CANARY}
    for version in ("openapi: 3.1.0", "swagger: '2.0'"):
        text = f"{version}\npaths: {{}}\ncomponents:\n  securitySchemes:\n    TokenAuth:\n      name: auth\n      value: {CANARY}\n"
        found = secrets.values(replace(exchange, response=Response(200, body=text.encode())))
        assert CANARY in found and "auth" not in found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("media_type", "piece"),
    [
        ("application/json", '{"token":"a",'), ("application/json", '"'), ("application/json", "\\"), ("application/xml", "<"),
        ("application/xml", "<!--"), ("application/xml", "<![CDATA["), ("application/xml", "<token a='"), ("text/plain", "://a:b"),
        ("text/plain", "://@"), ("text/plain", "?a=?"), ("application/x-www-form-urlencoded", "sig=1&"),
        ("application/yaml", "token: |\n "), ("application/yaml", "- "), ("application/yaml", "{a: "), ("text/plain", "token:\n"),
        ("text/xml", "<name>token</name>"), ("application/json", "\\\\\\\""), ("text/plain", "-----BEGIN PRIVATE KEY-----"),
        ("multipart/form-data", "--B\r\nname=\"pin\"\r\n\r\n1"), ("text/plain", "token: a1"), ("text/plain", "a:"), ("text/plain", "token = '"),
        ("application/json", "<token>a"), ("application/json", "&lt;token "), ("application/json", "<input name=token "),
        ("text/html", "<input value="),
        ("text/plain", "curl -u "), ("text/plain", "AKIA"), ("text/plain", "sk-1"), ("text/csv", ",a\nb"), ("text/csv", ',"\n"'),
        ("text/plain", " token=1"), ("text/plain", "token=a: key: "), ("application/json", '"path":"token","aValue":"a","'),
        ("text/plain", "--token a'token => '"),
        ("application/json", '"x-key", "'), ("text/plain", "%20token%3A%22%3Ctoken%3Ea"),
        ("text/plain", "machine a login "), ("text/plain", "login a -p "), ("text/plain", "password '"), ("text/plain", "WIFI:a;"),
        ("text/plain", "jdbc:oracle:a:a/"), ("text/markdown", "|a\n"), ("application/json", '["token","a"],["b","c1"],'),
        ("application/json", '"columns":["token",'),
        ("application/json", '"a,token\\nb",'), ("application/json", '"--token",  '),
    ],
)  # fmt: skip
def test_hostile_bodies_are_gone_through_in_linear_time(media_type: str, piece: str) -> None:
    def make(count: int) -> Exchange:
        return Exchange(sent(media_type=media_type, body="token" + piece * count), None)

    assert growth(make, SECRETS.values, 3_000) < LINEAR


def test_what_follows_a_secret_is_gone_through_in_linear_time() -> None:
    make = lambda count: Exchange(sent(body='{"token":"a"' + f',"b":"{"c" * 999}"' * count), None)  # noqa: E731
    assert growth(make, SECRETS.kept, 1_000) < LINEAR


class Echoing(BaseHTTPRequestHandler):
    """Answers every request with its own secrets, and with some of the service's."""

    protocol_version = "HTTP/1.1"

    def reply(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        echoed = [self.path, *self.headers.values(), self.rfile.read(length).decode("utf-8", "replace")]
        body = json.dumps({"n": "bad", "token": "CANARY-of-response", "echo": echoed}).encode()
        self.send_response(200)
        for name, value in (("Content-Type", "application/json"), ("Set-Cookie", "sid=CANARY-of-cookie; Path=/")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = reply

    def log_message(self, format: str, *args: Any) -> None:
        pass


LIVE = {
    **MARKED,
    "paths": {
        "/x": {
            "get": {
                "operationId": "x",
                "parameters": [{"name": "pw", "in": "query", "schema": {"type": "string", "format": "password"}}],
                "responses": {
                    "200": {
                        "description": "ok",
                        "headers": {"Set-Cookie": {"schema": {"type": "string", "maxLength": 3}}},
                        "content": {
                            "application/json": {
                                "schema": {
                                    "properties": {
                                        "n": {"type": "integer"},
                                        "token": {"type": "string", "maxLength": 3},
                                        "echo": {"type": "string"},
                                    }
                                }
                            }
                        },
                    }
                },
            }
        }
    },
}
FORMATS = ["text", "json", "junit", "sarif", "github", "html"]


@pytest.mark.slow
def test_no_report_and_no_recording_shows_a_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.json").write_text(json.dumps(LIVE))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echoing)
    Thread(target=server.serve_forever, daemon=True).start()
    reports = [part for name in FORMATS for part in ("--report", f"{name}={tmp_path / f'live.{name}'}")]
    url = f"http://me:CANARY-of-user@127.0.0.1:{server.server_port}"
    given = ["--header", "X-Door:CANARY-of-door", "--header", "Authorization:Bearer CANARY-of-bearer"]
    given += ["--param", "pw=CANARY-of-param", "--record", str(tmp_path / "live.har"), "--budget", "20"]
    try:
        assert run(["test", url, "--contract", str(tmp_path / "c.json"), *given, *reports]) == 1
    finally:
        server.shutdown()
        server.server_close()
    again = [part for name in FORMATS for part in ("--report", f"{name}={tmp_path / f'recorded.{name}'}")]
    recorded = ["--contract", str(tmp_path / "c.json"), "--baseline", str(tmp_path / "known.json"), "--update-baseline"]
    assert run(["validate", str(tmp_path / "live.har"), *recorded[:2], *again]) == 1  # masked, and at fault as before
    raw = tmp_path / "raw.jsonl"
    raw.write_bytes(
        b"".join(write_line(Exchange(one, Response(200, one.headers, one.body))) for one in PLACES.values())
    )
    run(
        [
            "validate",
            str(raw),
            *recorded,
            "--strict",
            "--any-host",
            *(part.replace("recorded.", "raw.") for part in again),
        ]
    )
    assert run(["convert", str(raw), str(tmp_path / "converted.jsonl")]) == 0
    printed = "".join(capfd.readouterr())
    raw.unlink()
    written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert len(written) == 2 + 3 * len(FORMATS) + 2
    for name, text in {**written, "printed": printed}.items():
        assert "CANARY" not in text and "Q0FOQVJZ" not in text, (name, text[text.find("CANARY") - 200 :][:300])


class Failing(Echoing):
    """Shows its contract, and fails otherwise."""

    def reply(self) -> None:
        status, text = (200, json.dumps(LIVE)) if self.path.startswith("/c.json") else (500, LISTED)
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(text)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = reply


LISTED = json.dumps([{"n": 1, "token": "CANARY-of-response"}])


@pytest.mark.parametrize(
    "arguments",
    ["lint URL", "diff URL URL", "export openapi --contract URL", "suggest BASE --contract URL", "suggest URL"],
)
def test_the_address_of_a_contract_shows_no_secret(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    monkeypatch.chdir(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Failing)
    Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://me:CANARY-of-user@127.0.0.1:{server.server_port}"
    url = f"{base}/c.json?token=CANARY-of-url"
    reports = ["--report", "json"] if arguments[0] in "ld" else []
    try:
        run([*arguments.replace("URL", url).replace("BASE", base).split(), *reports])
    finally:
        server.shutdown()
        server.server_close()
    printed = "".join(capfd.readouterr())
    assert "127.0.0.1" in printed or "export" in arguments
    assert "CANARY" not in printed


def test_convert_masks_what_a_contract_marks(tmp_path: Path) -> None:
    """By a security scheme, by `format: password`, and in the path, where no common name says so."""
    marked = {"name": "x7", "in": "path", "required": True, "schema": {"type": "string", "format": "password"}}
    answers = {"200": {"description": "ok"}}
    contract = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/d/{x7}": {"get": {"operationId": "d", "parameters": [marked], "responses": answers}}},
        "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Door"}}},
    }
    (tmp_path / "c.json").write_text(json.dumps(contract))
    sent = Request("GET", "http://h/d/CANARY-in-path", Headers((("X-Door", "CANARY-of-door"),)))
    other = Request("PUT", "http://h/d/CANARY-of-another-method")
    (tmp_path / "raw.jsonl").write_bytes(
        write_line(Exchange(sent, Response(200, body=b"CANARY-in-path"))) + write_line(Exchange(other, Response(405)))
    )
    for more, count in ((["--contract", str(tmp_path / "c.json")], 0), ([], 4)):
        assert run(["convert", str(tmp_path / "raw.jsonl"), str(tmp_path / "out.har"), *more]) == 0
        assert (tmp_path / "out.har").read_text().count("CANARY") == count


@pytest.mark.parametrize(
    "body",
    [
        b'{"x": "a" b", "password": "CANARY-1"}',
        b'"{"token":"CANARY-1"}',
        b'{"a": "\n", "password" : "x{"password": "CANARY-1"',
        b'{"password": "CANARY-1: "CANARY-2", "x": "y"}',
        b'{"password": "CANARY-1 "CANARY-2, "x": "y"}',
        b'<<{"password": "CANARY-1"}',
        b'<html><script>var state = {"token": "CANARY-1"}</script></html>',
    ],
)
def test_a_secret_in_json_that_is_broken_before_it_is_found_by_its_name(body: bytes) -> None:
    headers = Headers((("Content-Type", "application/json"),))
    kept = Secrets().kept(Exchange(Request("POST", "/", headers, body), None))
    assert "CANARY" not in repr(kept)


def test_a_part_of_a_long_secret_is_hidden_and_a_few_words_in_common_are_not() -> None:
    found = Found(Secrets(), given=("a long story of the time of the run and more", "0123456789abcdefghij"))
    assert found.hide("the time of our lives") == "the time of our lives"
    assert "story" not in found.hide("cut short: a long story of the time...")
    assert found.hide("cut short: 0123456789ab...") == "cut short: ***..."


@pytest.mark.parametrize("secret", ["form", "Secret", "report", "123456", "data"])
def test_a_word_that_is_a_secret_is_hidden_as_a_token_and_destroys_no_other_word(secret: str) -> None:
    found, said = (
        Found(SECRETS, given=(secret,)),
        f"multipart/{secret}-data of Get{secret}Report, {secret}ed, 91{secret}",
    )
    exchange = Exchange(sent(fields=(("X-Auth-Token", secret),)), Response(200, body=said.encode()))
    assert found.hide(said) == said
    kept = SECRETS.kept(exchange).response
    assert kept and kept.body == said.encode()
    for token in (
        f"is {secret}.",
        f'"{secret}"',
        f"a={secret}&b",
        f"%22{secret}%22",
        f"\\n{secret}\\n",
        f"x/{secret}/y",
    ):
        assert secret not in found.hide(token)
        kept = SECRETS.kept(replace(exchange, response=Response(200, body=token.encode()))).response
        assert len(secret) < SHORT or (kept and secret not in str(kept.body))


@pytest.mark.parametrize("secret", [CANARY, "hunter2", "correcthorsebattery", "1234567890123456", "p-w0rd"])
def test_what_is_no_plain_word_is_hidden_within_others(secret: str) -> None:
    assert secret not in Found(SECRETS, given=(secret,)).hide(f"of x{secret}y, {secret}-data")
    kept = SECRETS.kept(
        Exchange(sent(fields=(("X-Auth-Token", secret),)), Response(200, body=f"x{secret}y".encode()))
    ).response
    assert kept and secret not in str(kept.body)


def test_a_secret_in_the_name_of_a_header_field_is_hidden() -> None:
    """A recorder took several lines for one name."""
    names = f"X-Foo\r\nAuthorization: Bearer {CANARY}1\r\nX", f"X-Api-Key: {CANARY}2\nA", f"Cookie: a={CANARY}3"
    exchange = Exchange(None, Response(200, Headers(tuple((name, "shown") for name in (*names, "X-Plain")))))
    assert CANARY not in repr(SECRETS.kept(exchange)) and repr(SECRETS.kept(exchange)).count("shown") == 4
    assert {f"{CANARY}1", f"{CANARY}2"} <= {one.partition(" ")[2] or one for one in SECRETS.values(exchange)}


_FORM_DATA = f'--B\r\nContent-Disposition: form-data; name="password"\r\n\r\n{CANARY}\r\n--B--\r\n'


@pytest.mark.parametrize("media_type", ["", "application/json", "application/xml", "text/csv", "multipart/form-data; boundary=B", "image/png",
    "application/x-www-form-urlencoded", "multipart/mixed; boundary=other"])  # fmt: skip
@pytest.mark.parametrize("body", [
    f'{{"password": "{CANARY}"}}', f"<a><password>{CANARY}</password></a>", f"a=1&password={CANARY}", f"id,password\n1,{CANARY}\n",
    f"id: 1\npassword: {CANARY}\n", f'35\r\n{{"password": "{CANARY}"}}\r\n0\r\n', _FORM_DATA, f"preamble\r\n{_FORM_DATA}",
    f"--A\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n{_FORM_DATA}\r\n--A--",
])  # fmt: skip
def test_a_body_in_another_form_than_its_media_type_says_shows_no_secret(media_type: str, body: str) -> None:
    fields = Headers((("Content-Type", media_type),) if media_type else ())
    exchange = Exchange(None, Response(200, fields, body.encode()))
    assert CANARY in "".join(SECRETS.values(exchange)) and CANARY not in repr(SECRETS.kept(exchange))


@pytest.mark.parametrize(
    "piece", ["--B{}\r\nContent-Type: multipart/mixed\r\n\r\n", "--B\r\nContent-Type: a\r\n\r\n", "--\n", "-"]
)
def test_parts_within_parts_are_gone_through_in_linear_time(piece: str) -> None:
    def make(count: int) -> Exchange:
        fields = Headers((("Content-Type", "multipart/mixed; boundary=B"),))
        return Exchange(None, Response(200, fields, "".join(map(piece.format, range(count))).encode()))

    assert growth(make, SECRETS.kept, 600) < LINEAR


@pytest.mark.parametrize("before", ["", "a", "me:"])
@pytest.mark.parametrize("secret", [CANARY, "\u00ff??>>~~" * 9, "aaaaaaaa??>?"])
def test_a_secret_that_is_said_back_in_base64_is_hidden(before: str, secret: str) -> None:
    exchange = Exchange(in_json({"password": secret}), None)
    for encode in (b64encode, urlsafe_b64encode):
        said = encode(f"{before}{secret}.".encode()).decode()
        for text in (f'"{said}" is no integer', f'"{said.rstrip("=")}" is none', f'"{said[:16]}..." is none'):
            found = Found(SECRETS)
            found.add(repeated(text, SECRETS.values(exchange)), text)
            assert said[5:15] not in found.hide(text)
        kept = SECRETS.kept(replace(exchange, response=Response(200, body=said.encode()))).response
        assert kept and said[5:15] not in str(kept.body)
    assert found.hide("a canary sings and is not hidden") == "a canary sings and is not hidden"


@pytest.mark.parametrize(
    "key",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "sk-proj-ab12CD34ef56GH78ij90_KL",
        "sk-0123456789abcdef0123",
        "ghp_0123456789abcdefghij",
        "npm_" + "a1" * 18,
        "sk_test_0123456789ab",
        "shpat_" + "0a" * 16,
        "hvs.0123456789abcdefghij",
        "ya29.0123456789abcdefghij",
        "ntn_" + "0aZ" * 16,
        "dapi" + "0a" * 16,
        "glsa_" + "0aZ" * 12,
        "pul-" + "0a" * 20,
        "sq0atp-" + "0aZ" * 8,
        "dckr_pat_" + "0aZ" * 9,
        "sbp_" + "0a" * 20,
        "gsk_" + "0aZ" * 12,
        "xkeysib-" + "0a" * 32,
        "1//0" + "0aZ" * 14,
    ],
)
def test_a_key_that_its_beginning_gives_away_is_found_in_any_text(key: str) -> None:
    for text in (f'{{"x": "use {key}, please"}}', f'{{"x": "a\\n{key}"}}', f"<r>{key}</r>", f"https://h/?a={key}"):
        assert SECRETS.values(Exchange(sent(body=text), None)) == {key}
        assert not SECRETS.values(Exchange(sent(body=text.replace(key, "a" + key)), None))


@given(
    value=st.text(st.sampled_from('abcXYZ0189+/=%-_.~ é"'), min_size=3, max_size=40),
    way=st.integers(0, 7),
    ends=st.tuples(st.integers(0, 40), st.integers(0, 60)),
)
def test_a_secret_is_hidden_as_well_where_it_is_looked_for_in_one_text_alone(
    value: str, way: int, ends: tuple[int, int]
) -> None:
    written = sorted(writings(value))
    text = f'"{written[way % len(written)][slice(*ends)]}" is not one of 1, 2 or 3'
    every, of_text = Found(SECRETS), Found(SECRETS)
    exchange = Exchange(Request("GET", "/", Headers((("X-Api-Key", value),))), None)
    every.learn(exchange)
    of_text.add(repeated(text, SECRETS.values(exchange)), text)
    assert of_text.hide_known(text) == every.hide_known(text)


def test_a_made_up_password_hides_no_made_up_name() -> None:
    made = Exchange(Request("POST", "/", JSON, b'{"password": "aaa", "pin": "aaaaaaaaaa"}'), None)
    found = Found(Secrets())
    found.learn(made)
    assert found.hide("aaa aaaaaaaaaaaa") == "aaa aaaaaaaaaaaa"


def _of_many_secrets(count: int) -> Exchange:
    fields = [("Set-Cookie", f"c{number}=value-{number:07d}") for number in range(count)]
    body = " ".join(f"value-{number:07d}" for number in range(count)).encode()
    return Exchange(Request("GET", "/"), Response(200, Headers.of(fields), body))


_ANY = st.text('abcXYZ0189+/=%_. "\\é', min_size=3, max_size=40)
_BASE64 = st.from_regex(r"[A-Za-z0-9]{4,9}([+/][A-Za-z0-9]{3,9}){2,4}={0,2}", fullmatch=True)


@pytest.mark.slow
@given(_ANY | _BASE64, st.data())
def test_a_secret_is_hidden_the_same_whether_or_not_the_text_is_known_when_it_is_learnt(
    secret: str, data: st.DataObject
) -> None:
    exchange = Exchange(sent(fields=(("X-Api-Key", secret),)), None)
    written = data.draw(st.sampled_from(sorted(writings(secret))))
    start = data.draw(st.integers(0, len(written) // 2))
    text = f"the value {written[start:][: data.draw(st.integers(8, 40))]} is not allowed"
    before, knowing = Found(SECRETS), Found(SECRETS)
    before.learn(exchange)
    knowing.add(repeated(text, SECRETS.values(exchange)), text)
    assert knowing.hide(text) == before.hide(text)


@pytest.mark.slow
def test_the_repeats_of_many_secrets_are_found_in_time_that_grows_with_their_size() -> None:
    assert growth(_of_many_secrets, Secrets().kept, 2_000) < LINEAR
    kept = Secrets().kept(_of_many_secrets(100)).response
    assert kept and kept.body == b" ".join([b"aaaaa-1111111"] * 100)


def test_a_recording_of_a_run_shows_no_secret_of_a_path(tmp_path: Path) -> None:
    secret = parameter("key", {"type": "string", "format": "password"}, "path")
    contract = loaded(
        tmp_path, {"/rooms/{room}/{key}": {"get": operation("open", parameter("room", {}, "path"), secret)}}
    )
    request = Request("GET", "/rooms/blue/CANARY-in-path")
    with open_har(str(tmp_path / "o.har"), "http://h", contract.secrets, contract.secrets_in_path) as keep:
        assert keep
        keep(Exchange(request, Response(404, Headers(), b"no CANARY-in-path here")))
    text = (tmp_path / "o.har").read_text("utf-8")
    assert "/rooms/blue/" in text and "here" in text and "CANARY" not in text


def test_the_host_of_a_secret_address_is_shown() -> None:
    found = Found(SECRETS)
    body = json.dumps({"download_auth": {"$ref": "http://127.0.0.1:8000/api/schema/CANARYq7"}}).encode()
    found.learn(Exchange(sent("/api/schema/"), Response(200, JSON, body)))
    assert found.hide("curl -i http://127.0.0.1:8000/api/lists/") == "curl -i http://127.0.0.1:8000/api/lists/"
    assert "CANARYq7" not in found.hide("see http://127.0.0.1:8000/api/schema/CANARYq7")


STATED = """
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    post:
      operationId: a
      parameters:
        - {name: api_key, in: query, required: true, schema: {$ref: '#/components/schemas/Key'}}
        - {name: access_token, in: query, required: true, schema: {type: string}, examples: {one: {$ref: '#/components/examples/X'}}}
        - {name: client_secret, in: query, schema: {type: string, maxLength: 3}, examples: {one: {dataValue: CANARYdata}}}
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {user: {type: string, maxLength: 9}, password: {type: string}, pin: {type: integer}}}
            example: {user: CANARYbob, password: CANARYbody, pin: 83746512}
      responses: {'200': {description: ok}}
components:
  schemas: {Key: {type: string, maxLength: 30, example: CANARYkey}}
  examples: {X: {value: CANARYtoken}}
"""


@pytest.mark.parametrize("report", ["text", "json", "sarif", "html", "github", "junit"])
def test_what_a_contract_gives_as_examples_of_secrets_is_masked_and_what_is_made_to_prove_a_change_is_not(
    report: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(STATED)
    new.write_text(STATED.replace("maxLength: 30", "maxLength: 4").replace("maxLength: 9", "maxLength: 3"))
    assert run(["diff", str(old), str(new), "--report", report]) == 1
    compared = capsys.readouterr().out
    assert run(["lint", str(new), "--verbose", "--report", report]) == 0
    linted = capsys.readouterr().out
    for text in (compared, linted):
        assert not {"CANARYkey", "CANARYtoken", "CANARYbody", "83746512"} & set(text.replace('"', " ").split()), text
        assert not any(one in text for one in ("CANARYkey", "CANARYbody", "83746512", "CANARYdata"))
    assert "api_key=00000" in compared or report in ("junit", "github", "sarif")
    assert "CANARYbob" in linted, "a name is no secret"


SIGNS = [
    *('"password"', "token", "pass", "word", "%70assword", "mything", "my_thing", "name", "key", "value", "id=", "code=", "&state="),
    *("ghp_", "sk-", "A" * 20, "1" * 8, "abc123XYZ9", "eyJ", ".eyJ", "bearer ", "Api-Key: ", "curl -u a:b", "ord>", "%3D", "%22"),
    *('"', '\\"', "'", ":", "=", "&", "?", "<", ">", "</", "/", "@", "https://", "\\u0070", "{", "}", "[", "]", ",", " ", "\n", "é"),
]  # fmt: skip
WHOLE = [
    *(
        "?token=abc123XYZ9",
        "&%70assword=abc123",
        "sk-" + "A1" * 10,
        "gsk_" + "A1" * 10,
        '\\"ab\\": \\"abc123\\"',
        "//me:abc123@x/",
        "bearer abc123XYZ98",
    ),
    *(
        "eyJ" + "a1" * 5 + ".eyJ" + "b2" * 5 + ".",
        "ghp_" + "A1" * 10,
        "Api-Key: abc123XYZ98",
        "curl -u a:b",
        "?my_thing=1",
    ),
]
TEXTS = st.lists(st.sampled_from([*SIGNS, *WHOLE]), max_size=8).map("".join)


@pytest.mark.parametrize("sign", WHOLE)
def test_a_body_with_one_sign_is_looked_at_closely(sign: str) -> None:
    names = frozenset({"mything"})
    assert not patterns.is_clean(f'{{"a": "x {sign} y"}}', "json", names)
    assert not patterns.is_clean(f"<r><a>x {sign} y</a></r>", "xml", names) or sign.startswith("\\")
    assert patterns.is_clean('{"a": "x y"}', "json", names)
    assert patterns.is_clean("<r><a>x y</a></r>", "xml", names)


@given(TEXTS, st.sampled_from(['{{"a": "{}"}}', "{{{}}}", "<r>{}</r>", "<r {}/>"]))
def test_a_body_without_any_sign_has_no_secret(text: str, form: str) -> None:
    body, media_type = form.format(text), "application/json" if form[0] == "{" else "application/xml"
    secrets = Secrets(names=frozenset({"mything"}))
    kind, found = media_type.rpartition("/")[2], list[str]()
    if patterns.is_clean(body, kind, secrets.names):
        rewriter = secrets._rewriter(lambda secret: found.append(secret) or secret)  # type: ignore[func-returns-value]
        rewriter.urls(rewriter._json(body) if kind == "json" else rewriter._xml(body))
        assert found == []


def test_of_many_secrets_one_may_be_short_once_it_is_decoded() -> None:
    tokens = [*(f"t{number:05d}xWv" for number in range(150)), "%41%42%43"]
    body = json.dumps({"tokens": tokens, "note": f"{tokens[7]} again"}).encode()
    kept = SECRETS.kept(Exchange(None, Response(200, JSON, body))).response
    assert kept and tokens[7].encode() not in (kept.body or b"") and b"again" in (kept.body or b"")


def test_of_very_many_secrets_those_that_a_text_repeats_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [f"t{number:05d}xWv" for number in range(5_000)]
    body = json.dumps({"tokens": tokens}).encode()
    monkeypatch.setattr("toolkit.validation.hiding.secrets_in", lambda *_: tokens)  # in this order, which is any
    for token in (tokens[0], tokens[2_500], tokens[-1]):
        found = Found(SECRETS)
        found.learn(Exchange(None, Response(200, JSON, body)), f'"{token}" is no integer')
        assert found.hide(f'"{token}" is no integer') == '"***" is no integer'


def test_of_a_large_body_the_beginning_is_gone_through_and_places_of_secrets_tell_nothing() -> None:
    found = Found(SECRETS)
    rows = ('{"token": "first-CANARY"}', *['{"x": 1}'] * LARGEST, '{"token": "last-CANARY"}')
    large = Exchange(None, Response(200, JSON, f"[{','.join(rows)}]".encode()))
    found.learn(large)
    assert found.hide('"first-CANARY"') == '"***"' and found.hide('"last-CANARY"') == '"last-CANARY"'
    wrong = Violation("json-type", '"last-CANARY" is no integer', "response.body#/9/token", cause='"last-CANARY"')
    paired, plain = replace(wrong, at="response.body#/9/value"), replace(wrong, at="response.body#/9/x")
    told = untold([wrong, paired, plain, replace(wrong, at="request.body#/token")], large, SECRETS)
    assert ["CANARY" in repr(one) for one in told] == [False, False, True, True] and "json-type" in told[0].message
    assert untold([wrong], large, Secrets(keep=True)) == [wrong]
    assert untold([wrong], Exchange(None, Response(200, JSON, b"[]")), SECRETS) == [wrong]


def test_a_large_body_shows_no_secret_that_breaks_its_schema(tmp_path: Path) -> None:
    schema = {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}}
    media = {"description": "any", "content": {"application/json": {"schema": schema}}}
    contract = loaded(tmp_path, {"/a": {"get": operation("a", responses={"200": media})}})
    rows = [{"x": 1}] * LARGEST + [{"token": "CANARY-1"}, {"name": 1, "value": "CANARY-2"}, {"x": "shown"}]
    verdict = Validator(contract).check(Exchange(Request("GET", "/a"), Response(200, JSON, json.dumps(rows).encode())))
    assert len(verdict.violations) == 3 and "CANARY" not in repr(verdict) and "shown" in repr(verdict)


def test_a_header_field_that_the_contract_marks_is_secret_there_and_elsewhere(tmp_path: Path) -> None:
    headers = {
        "X-Seal": {"schema": {"type": "string", "format": "password"}},
        "X-Plain": {"schema": {"type": "string"}},
    }
    contract = loaded(
        tmp_path, {"/a": {"get": operation("a", responses={"200": {"description": "k", "headers": headers}})}}
    )
    fields = Headers((("X-Seal", "CANARY-1"), ("X-Plain", "shown")))
    kept = contract.secrets.kept(Exchange(Request("GET", "/a"), Response(200, fields, b"CANARY-1"))).response
    assert kept and "CANARY" not in repr(kept) and "shown" in repr(kept)


def test_what_a_secret_is_for_is_none() -> None:
    body = json.dumps(
        {
            "tokens": [
                {
                    "secret": f"*:development.{CANARY}5c8",
                    "environment": "staging-two",
                    "projects": ["shop-one"],
                    "data": "other" + CANARY,
                },
                "third" + CANARY,
            ]
        }
    )
    fields = (
        ("Access-Control-Allow-Credentials", "true"),
        ("X-Api-Key", f"shop:department.{CANARY}b7d"),
        ("X-Auth-Token", "/2018/production/v1"),
        ("X-Other-Token", "https://h/connections/status/3"),
    )
    found = Found(SECRETS)
    found.learn(Exchange(None, Response(200, Headers((*JSON.pairs, *fields)), body.encode())))
    said = "true: no development nor department of shop-one in staging-two has a developmental environment, nor /production or /v/connections/1"
    assert found.hide(said) == said
    for secret in (
        f"*:development.{CANARY}5c8",
        "other" + CANARY,
        "third" + CANARY,
        f"{CANARY}b7d",
        f"pment.{CANARY}b",
    ):
        assert CANARY not in found.hide(f"no {secret} here"), secret


def test_the_lines_of_a_contract_that_a_page_quotes_show_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = {"type": "string", "title": "a title", "format": "password", "minLength": 20, "example": "CANARYtoken7"}
    schema = {"type": "object", "properties": {"token": token}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    paths = {"/x": {"get": {"operationId": "getX", "responses": responses}}}
    contract, body = tmp_path / "openapi.json", tmp_path / "body.json"
    contract.write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}, indent=1)
    )
    body.write_text('{"token": "short"}')
    given = ["validate", str(body), "--operation", "getX", "--contract", str(contract), "--report", "html"]
    assert run(given) == 1
    page = capsys.readouterr().out
    assert "&quot;title&quot;: &quot;a title&quot;" in page and "&quot;example&quot;: &quot;***&quot;" in page
    assert "CANARY" not in page


def test_a_text_that_the_probes_send_is_no_secret_elsewhere() -> None:
    sent = Exchange(Request("GET", "/notes?apikey=a%20b%25c&apikey=k7f39xyz", Headers(()), None), None, "1")
    found = Found(Secrets(), open=frozenset({"a b%c"}))
    found.learn(sent)
    assert found.hide("text=a b%c [odd text] is refused, k7f39xyz") == "text=a b%c [odd text] is refused, ***"


def test_the_search_for_signs_keeps_its_speed_whatever_texts_it_meets() -> None:
    """One that has to tell apart more beginnings than it can remember takes a hundred times as long."""
    draw = Random(1)
    signs = "abcdefghijklmnopqrstuvwxyz0123456789_.-/"
    texts = ['","a":"'.join("".join(draw.choices(signs, k=900)) for _ in range(100)) for _ in range(8)]

    def seconds(names: frozenset[str], search: Any) -> float:
        spent = []
        for _ in range(4):
            start = process_time()
            for text in texts:
                search(text, "json", names)
            spent.append(process_time() - start)
        return min(spent)

    one = seconds(frozenset(), lambda text, kind, names: patterns.may_name(kind, text, names))
    assert seconds(frozenset(), patterns.is_clean) < 10 * one
