"""Downloads from a server of this machine: whole, interrupted, damaged, by several at once, and not at all."""

from __future__ import annotations

import hashlib
import http.server
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gatedrnn.tasks.remote import Remote, arrays_sha256, cache, digest

CONTENT = bytes(range(256)) * 1000


class Server(http.server.ThreadingHTTPServer):
    """What is asked of it, and how it answers.

    ``ends`` bytes are sent at most, though more are promised; ``parts`` says whether it knows ranges.
    """

    asked: list
    content, ends, parts = CONTENT, len(CONTENT), True


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.parts else 0
        if self.path != "/data":
            self.send_error(404)
            return
        if start and start >= len(self.server.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.server.content) - start))
        self.end_headers()
        self.wfile.write(self.server.content[start : self.server.ends])

    def log_message(self, format, *args) -> None:
        del format, args


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.delenv("GATEDRNN_DATA", raising=False)
    monkeypatch.setenv("GATEDRNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as one:
        one.asked = []
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def remote(server, path="data"):
    url = f"http://127.0.0.1:{server.server_address[1]}/{path}"
    return Remote("numbers", "numbers.bin", url, hashlib.sha256(CONTENT).hexdigest())


def test_a_file_is_fetched_once_and_mended_where_it_was_damaged(server) -> None:
    one = remote(server)
    assert one.path() == cache() / "numbers.bin"
    assert one.path().read_bytes() == CONTENT
    assert server.asked == [None]
    one.path().write_bytes(CONTENT[:-1])
    assert one.path().read_bytes() == CONTENT
    assert len(server.asked) == 2


@pytest.mark.parametrize("parts", [True, False])
def test_what_was_interrupted_goes_on_where_it_ended(server, parts) -> None:
    one, server.ends = remote(server), 100_000
    with pytest.raises(ValueError, match=r"numbers: expected numbers.bin in the folder that GATEDRNN_DATA names, or a"):
        one.path()
    assert not (cache() / "numbers.bin").exists()
    server.ends, server.parts = len(CONTENT), parts
    assert one.path().read_bytes() == CONTENT
    assert server.asked == [None, "bytes=100000-"]


def test_a_part_that_is_longer_than_the_file_or_of_another_is_fetched_anew(server) -> None:
    partial = cache() / ".numbers.bin.partial"
    partial.parent.mkdir()
    partial.write_bytes(CONTENT + b"more")
    assert remote(server).path().read_bytes() == CONTENT
    (cache() / "numbers.bin").unlink()
    partial.write_bytes(b"another")
    with pytest.raises(ValueError, match=r"numbers: expected sha256 .* from http://127.0.0.1"):
        remote(server).path()
    assert remote(server).path().read_bytes() == CONTENT  # nothing of the other one is left


def test_several_at_once_fetch_once(server) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = [each.result() for each in [pool.submit(remote(server).path) for _ in range(8)]]
    assert {path.read_bytes() for path in found} == {CONTENT}
    assert server.asked == [None]


def test_a_folder_that_is_named_comes_first_and_has_to_hold_the_same(server, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("GATEDRNN_DATA", str(tmp_path))
    (tmp_path / "numbers.bin").write_bytes(CONTENT)
    assert remote(server).path() == tmp_path / "numbers.bin"
    (tmp_path / "numbers.bin").write_bytes(b"another")
    with pytest.raises(ValueError, match=r"numbers: expected sha256 .* of .*numbers.bin, got"):
        remote(server).path()
    assert server.asked == []


def test_without_a_network_or_a_file_there_one_line_says_so(server) -> None:
    with pytest.raises(ValueError, match=r"or a network to fetch it from .*/none, got HTTP Error 404.*; 0 bytes"):
        remote(server, "none").path()
    with pytest.raises(ValueError, match=r"or a network to fetch it from http://127.0.0.1:1/, got .*refused"):
        Remote("numbers", "numbers.bin", "http://127.0.0.1:1/", "0" * 64).path()


def test_a_file_of_the_users_is_taken_by_its_arrays_however_they_are_packed(monkeypatch, tmp_path) -> None:
    """Its bytes are another file's, as npz files have dates in them; other arrays are refused."""
    held = {"x": np.arange(6).reshape(2, 3), "y": np.ones(2)}
    np.savez(tmp_path / "published.npz", **held)
    np.savez_compressed(tmp_path / "numbers.npz", **held)
    published = tmp_path / "published.npz"
    one = Remote("numbers", "numbers.npz", "nowhere", digest(published), arrays_sha256(published))
    monkeypatch.setenv("GATEDRNN_DATA", str(tmp_path))
    assert one.path() == tmp_path / "numbers.npz"
    for other in ({**held, "y": np.zeros(2)}, {**held, "x": held["x"].ravel()}, {**held, "z": np.ones(1)}):
        np.savez(tmp_path / "numbers.npz", **other)
        with pytest.raises(ValueError, match="numbers: expected sha256"):
            one.path()
    for content in (b"", b"no archive", published.read_bytes()[:-40]):
        (tmp_path / "numbers.npz").write_bytes(content)
        with pytest.raises(ValueError, match="numbers: expected sha256"):
            one.path()
