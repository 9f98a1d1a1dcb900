"""A service behind TLS whose certificate is not in order: one line that says why and what helps; and what makes it work."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from support.sockets import Wire, ok, raw_server

from toolkit.cli.main import run
from toolkit.client.target import Limits, http
from toolkit.exchange import Request

Certificate = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]
DAY = datetime.timedelta(days=1)
HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("api.example.com")


def certificate(signer: Certificate | None, *names: x509.GeneralName, start: int = -1, end: int = 1) -> Certificate:
    """A certificate and its key, sound from `start` to `end` days from now, signed by `signer`, or by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "service" if names else "authority")])
    built = (
        x509.CertificateBuilder(signer[0].subject if signer else own, own, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start * DAY)
        .not_valid_after(now + end * DAY)
        .add_extension(x509.BasicConstraints(not names, None), True)
    )
    built = built.add_extension(x509.SubjectAlternativeName(names), False) if names else built
    return built.sign(signer[1] if signer else key, SHA256()), key


AUTHORITY = certificate(None)
CASES = {
    "sound": (certificate(AUTHORITY, HERE), ""),
    "expired": (certificate(AUTHORITY, HERE, start=-9, end=-8), "certificate has expired; renew it"),
    "to come": (certificate(AUTHORITY, HERE, start=8, end=9), "certificate is not yet valid; check the clocks"),
    "of another host": (certificate(AUTHORITY, ELSEWHERE), "not valid for '127.0.0.1'; use a name that it has"),
    "signed by itself": (certificate(None, HERE), "self-signed certificate; name its authority by --ca-file FILE"),
}


@contextmanager
def secured(folder: Path, shown: Certificate) -> Iterator[str]:
    """The URL of a service with this certificate."""
    file = folder / "service.pem"
    key = shown[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(shown[0].public_bytes(Encoding.PEM) + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def talk(wire: Wire) -> None:
        wire.socket = context.wrap_socket(wire.socket, server_side=True)
        while wire.read():
            wire.write(ok(b"{}", "Content-Type: application/json"))

    with raw_server(talk) as server:
        yield server.url.replace("http:", "https:")


@pytest.mark.slow  # each asks three times over TLS
@pytest.mark.parametrize("case", CASES)
def test_a_certificate_that_is_not_in_order_is_one_line_with_its_cure(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown, cure = CASES[case]
    (tmp_path / "ca.pem").write_bytes(AUTHORITY[0].public_bytes(Encoding.PEM))
    with secured(tmp_path, shown) as url:
        if cure:
            assert run(["test", url, "--ca-file", str(tmp_path / "ca.pem"), "--quiet"]) == 2
            errors = capsys.readouterr().err.splitlines()
            assert len(errors) == 1 and cure in errors[0] and "--insecure" in errors[0]
        else:
            assert status(url, Limits(ca_file=str(tmp_path / "ca.pem"))) == 200
        assert status(url, Limits(insecure=True)) == 200
        assert run(["lint", f"{url}/openapi.json"]) == 2  # the authority is not known
        assert "SSL_CERT_FILE, or save" in capsys.readouterr().err


def status(url: str, limits: Limits) -> int:
    with http(url, limits) as send:
        return send(Request("GET", "/x")).status


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a pipe with a name")
def test_an_authority_that_is_a_pipe_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    assert run(["test", "https://127.0.0.1:1", "--ca-file", str(pipe), "--quiet"]) == 2
    assert f"--ca-file {pipe} is a pipe or a device" in capsys.readouterr().err
    monkeypatch.setenv("SSL_CERT_FILE", str(pipe))
    assert run(["test", "https://127.0.0.1:1", "--quiet"]) == 2
    assert f"SSL_CERT_FILE {pipe} is a pipe or a device" in capsys.readouterr().err


def test_an_authority_that_is_no_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").write_text("no")
    assert run(["test", "https://127.0.0.1:1", "--ca-file", str(tmp_path / "ca.pem"), "--quiet"]) == 2
    assert "cannot be used: no certificates in PEM form; name a PEM file" in capsys.readouterr().err
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    assert run(["test", "https://127.0.0.1:1", "--quiet"]) == 2
    assert f"SSL_CERT_FILE {tmp_path / 'none'} cannot be used: No such file or directory" in capsys.readouterr().err
