"""The client over https, with a certificate made for the occasion."""

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from companies.creditsafe import errors
from tests.creditsafe.client_support import PASSWORD, client


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(private + public)
    return path


class TlsServer:
    """Takes one request, then plays its pieces with a wait after each."""

    def __init__(self, certificate, pieces, wait):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.pieces, self.wait = pieces, wait
        self.heard = b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            connection, _ = self.socket.accept()
            with connection, self.context.wrap_socket(connection, server_side=True) as tls:
                tls.settimeout(5)
                while PASSWORD.encode() not in self.heard:
                    self.heard += tls.recv(65536)
                for piece in self.pieces:
                    tls.sendall(piece)
                    time.sleep(self.wait)
        except OSError:
            return

    def stop(self):
        self.socket.close()
        self.thread.join(5)


@pytest.fixture
def serve(certificate):
    servers = []

    def start(*pieces, wait=0.0):
        servers.append(TlsServer(certificate, pieces, wait))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n"


def test_a_trusted_server_gets_the_password(serve, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server = serve(HEAD + b'{"token": "t1"}')
    with client(base_url=server.url) as us:
        assert us.authenticate() == "t1"


def test_an_untrusted_server_never_gets_the_password(serve):
    server = serve(HEAD + b'{"token": "t1"}')
    with client(base_url=server.url) as us, pytest.raises(errors.Unavailable, match="SSLError"):
        us.authenticate()
    assert server.heard == b""


def test_headers_that_drip_over_tls_end_at_the_deadline(serve, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server = serve(*(bytes([byte]) for byte in HEAD), wait=0.05)
    started = time.monotonic()
    with client(base_url=server.url, deadline=0.4) as us, pytest.raises(errors.Unavailable):
        us.authenticate()
    assert time.monotonic() - started < 2
