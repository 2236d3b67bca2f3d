"""The client against real sockets that misbehave."""

import contextlib
import gzip
import re
import socket
import threading
import time

import pytest

from companies.creditsafe import errors
from tests.creditsafe.client_support import SharedCache, client


def head(*lines, status="200 OK"):
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode()


def answer(body, *lines, status="200 OK"):
    return head("Content-Type: application/json", f"Content-Length: {len(body)}", *lines, status=status) + body


LOGIN = answer(b'{"token": "t1"}')


class Server:
    """Answers each request by the next script: pieces of bytes, numbers to wait, None to hang up."""

    def __init__(self, *scripts):
        self.scripts = list(scripts)
        self.requests = []
        self.open = []
        self.stopping = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        while not self.stopping.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.open.append(connection)
            with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
                while self.scripts and (request := self.heard(stream)):
                    self.requests.append(request)
                    if not self.played(connection, self.scripts.pop(0)):
                        break

    def heard(self, stream):
        request = b""
        while (line := stream.readline()) and line != b"\r\n":
            request += line
        length = re.search(rb"Content-Length: (\d+)", request)
        return request + stream.read(int(length[1])) if length else request

    def played(self, connection, script):
        for piece in script:
            if isinstance(piece, bytes):
                connection.sendall(piece)
            elif piece is None or self.stopping.wait(piece):
                return False
        return True

    def stop(self):
        self.stopping.set()
        for each in (self.socket, *self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self.thread.join(5)


@contextlib.contextmanager
def serving(*scripts):
    server = Server(*scripts)
    server.thread.start()
    try:
        yield server
    finally:
        server.stop()


def connect(server, **options):
    return client(base_url=server.url, **{"timeout": (2.0, 2.0), "deadline": 5.0, **options})


def test_one_connection_serves_many_calls():
    with serving([LOGIN], [answer(b'{"a": 1}')], [answer(b'{"a": 2}')]) as server:
        us = connect(server)
        assert (us.me(), us.me()) == ({"a": 1}, {"a": 2})
    assert len(server.open) == 1


def test_a_dripping_answer_ends_at_the_deadline():
    drip = [head("Content-Length: 1000"), *[b" ", 0.05] * 1000]
    with serving([LOGIN], drip) as server:
        us = connect(server, deadline=0.4)
        us.authenticate()
        started = time.monotonic()
        with pytest.raises(errors.Unavailable, match="not complete"):
            us.me()
    assert time.monotonic() - started < 2


def test_headers_that_drip_end_at_the_deadline():
    drip = [piece for byte in head("Content-Length: 2") + b"{}" for piece in (bytes([byte]), 0.1)]
    with serving([LOGIN], drip) as server:
        us = connect(server, deadline=0.4)
        us.authenticate()
        started = time.monotonic()
        with pytest.raises(errors.Unavailable):
            us.me()
    assert time.monotonic() - started < 2


def test_a_slow_answer_within_the_deadline_is_read():
    drip = [piece for byte in head("Content-Length: 8") + b'{"a": 1}' for piece in (bytes([byte]), 0.005)]
    with serving([LOGIN], drip) as server:
        assert connect(server).me() == {"a": 1}


def test_a_closed_client_opens_a_new_connection():
    with serving([LOGIN], [answer(b'{"a": 1}')]) as server:
        with connect(server) as us:
            us.authenticate()
        assert us.me() == {"a": 1}
        assert len(server.open) == 2


def test_a_dripping_chunked_answer_ends_at_the_deadline():
    drip = [head("Transfer-Encoding: chunked"), *[b"1\r\n \r\n", 0.05] * 1000]
    with serving([LOGIN], drip) as server, pytest.raises(errors.Unavailable, match="not complete"):
        connect(server, deadline=0.4).me()


def test_a_silent_server_ends_at_the_read_timeout():
    with serving([LOGIN], [30.0]) as server, pytest.raises(errors.Unavailable) as caught:
        connect(server, timeout=(0.3, 0.3)).me()
    assert caught.value.status is None


def test_a_body_cut_short_is_unavailable():
    with (
        serving([LOGIN], [head("Content-Length: 100"), b'{"a": 1}', None]) as server,
        pytest.raises(errors.Unavailable),
    ):
        connect(server).me()


def test_a_chunked_body_cut_short_is_unavailable():
    with (
        serving([LOGIN], [head("Transfer-Encoding: chunked"), b'8\r\n{"a": 1}\r\n', None]) as server,
        pytest.raises(errors.Unavailable),
    ):
        connect(server).me()


def test_a_refused_connection_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(errors.Unavailable):
        client(base_url=url).me()


def test_something_that_is_not_http_is_unavailable():
    with serving([b"220 smtp ready\r\n", None]) as server, pytest.raises(errors.Unavailable):
        connect(server).authenticate()


@pytest.mark.parametrize(("size", "refused"), [(64, False), (65, True)], ids=["at the cap", "one over"])
def test_an_answer_over_the_cap_is_refused(size, refused):
    body = b'{"a": 1}'.ljust(size)
    with serving([LOGIN], [answer(body)]) as server:
        us = connect(server, max_bytes=64)
        if refused:
            with pytest.raises(errors.UnexpectedAnswer, match="64 bytes"):
                us.me()
        else:
            assert us.me() == {"a": 1}


def test_a_compressed_answer_is_read():
    body = gzip.compress(b'{"a": 1}')
    with serving([LOGIN], [answer(body, "Content-Encoding: gzip")]) as server:
        assert connect(server).me() == {"a": 1}


def test_a_small_body_that_swells_when_unpacked_is_refused():
    bomb = gzip.compress(b" " * 50_000_000)
    with serving([LOGIN], [answer(bomb, "Content-Encoding: gzip")]) as server, pytest.raises(errors.UnexpectedAnswer):
        connect(server, max_bytes=1_000_000).me()


def test_a_broken_compression_is_unavailable():
    with (
        serving([LOGIN], [answer(b"no gzip at all", "Content-Encoding: gzip")]) as server,
        pytest.raises(errors.Unavailable),
    ):
        connect(server).me()


def test_a_huge_error_page_is_still_an_error_page():
    page = b"<html>" + b"x" * 1_000_000
    with (
        serving([LOGIN], [answer(page, status="502 Bad Gateway")]) as server,
        pytest.raises(errors.Unavailable) as caught,
    ):
        connect(server, max_bytes=1000).me()
    assert caught.value.status == 502
    assert len(caught.value.text) <= 500


def test_a_netrc_file_never_replaces_the_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login intruder password intruder\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving([LOGIN], [answer(b"{}")]) as server:
        connect(server).me()
    assert b"Authorization" not in server.requests[0]
    assert b"Authorization: Bearer t1\r\n" in server.requests[1]


def test_the_exact_bytes_of_a_report_are_kept():
    body = b'{ "report" :{"language":"FR"},\n "pod": 1.10 }  '
    with serving([LOGIN], [answer(body)]) as server:
        assert connect(server).report("FR-X-99900011000018").raw == body


def test_workers_in_threads_share_one_token():
    cache = SharedCache()
    with serving([LOGIN], [answer(b"{}")]) as server:
        connect(server, cache=cache).me()
    with serving([answer(b"{}")]) as other:
        us = connect(server, cache=cache)
        us.base_url = other.url
        us.me()
    assert b"Bearer t1" in other.requests[0]
