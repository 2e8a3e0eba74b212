"""Asked over real sockets: what a platform answers becomes an error that says what to do."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from cases.ports import PlatformError
from reviews import web

HOUR = timedelta(hours=1)


class Desk(BaseHTTPRequestHandler):
    """Answers with the status its path names, and the headers its query names."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        headers = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
        if path == "/hang-up":
            self.connection.close()
            return
        body = b"x" * (web.LARGEST + 1) if path == "/endless" else b'{"a": [1]}'
        status = 200 if path in ("/endless", "/odd") else int(path.strip("/"))
        body = b"[]" if path == "/odd" else body
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, httpx.QueryParams(f"v={value}")["v"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            return

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def desk() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def ask(url: str, method: str = "GET", **more: bool) -> httpx.Response:
    with web.client() as http:
        return web.ask(http, http.build_request(method, url), "board", **more)


def refused(url: str, method: str = "GET", **more: bool) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        ask(url, method, **more)
    return caught.value


def test_what_was_asked_for_is_read_whole(desk: str) -> None:
    assert web.content(ask(f"{desk}/200"), "board") == {"a": [1]}


@pytest.mark.parametrize(
    ("status", "code", "trouble", "permanent"),
    [
        (400, "board-400", "", True),
        (401, "board-401-auth", "auth", True),
        (403, "board-403", "", True),
        (404, "board-404-gone", "gone", True),
        (410, "board-410-gone", "gone", True),
        (429, "board-429-limit", "limit", False),
        (503, "board-503", "", False),
        (302, "board-302", "", True),  # no redirect is followed with a token in hand
    ],
)
def test_a_refusal_says_what_kind_it_is(
    desk: str, status: int, code: str, trouble: str, permanent: bool
) -> None:
    error = refused(f"{desk}/{status}?token=canary")
    assert (error.code, error.trouble, error.permanent) == (code, trouble, permanent)
    assert error.sent is False
    assert "canary" not in str(error)


def test_a_wait_is_given_in_seconds_or_as_a_date(desk: str) -> None:
    assert refused(f"{desk}/429?Retry-After=90").retry_after == timedelta(seconds=90)
    later = datetime.now(UTC) + HOUR
    said = later.strftime("%a,+%d+%b+%Y+%H:%M:%S+GMT")
    found = refused(f"{desk}/503?Retry-After={said}").retry_after
    assert found is not None
    assert abs(found - HOUR) < timedelta(seconds=5)


@pytest.mark.parametrize("said", ["soon", "-5", "", "1e9", "99999999999999999999"])
def test_a_wait_nobody_can_read_or_bear_is_cut_short(desk: str, said: str) -> None:
    found = refused(f"{desk}/429?Retry-After={said}").retry_after
    assert found is None or found <= web.LONGEST_WAIT


def test_a_limit_may_be_told_as_the_second_it_ends() -> None:
    now = datetime(2026, 11, 2, tzinfo=UTC)
    response = httpx.Response(429, headers={"x-rate-limit-reset": f"{now.timestamp() + 60:.0f}"})
    assert web.reset_after(response, "x-rate-limit-reset", now) == timedelta(minutes=1)
    assert web.reset_after(response, "x-other", now) is None


def test_only_a_reading_is_sure_to_have_changed_nothing(desk: str) -> None:
    assert refused(f"{desk}/500", "POST", writes=True).sent is None
    assert refused(f"{desk}/hang-up", "POST", writes=True).sent is None
    assert refused(f"{desk}/hang-up").sent is False
    assert refused("http://127.0.0.1:1/200", "POST", writes=True).sent is False  # nobody there


def test_an_answer_without_an_end_is_not_read_to_it(desk: str) -> None:
    assert refused(f"{desk}/endless").code == "board-too-large"


def test_an_answer_that_is_no_object_is_odd(desk: str) -> None:
    with pytest.raises(PlatformError) as caught:
        web.content(ask(f"{desk}/odd"), "board")
    assert caught.value.code == "board-odd"


def test_an_adapter_may_say_what_a_refusal_means(desk: str) -> None:
    with web.client() as http:
        request = http.build_request("GET", f"{desk}/403")
        with pytest.raises(PlatformError) as caught:
            web.ask(http, request, "board", explain=lambda _: PlatformError("board-quota-zero"))
    assert caught.value.trouble == "quota-zero"
