"""Twilio's Calls resource on loopback, with a memory: it rings, asks how to go on, reports."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element, fromstring

from twilio.request_validator import RequestValidator


class Switchboard:
    """Calls placed with it wait until a test lets them go on.

    >>> with Switchboard() as board:
    ...     board.fail(400, 21211)
    """

    def __init__(self) -> None:
        self.account, self.token = "AC" + "0" * 31 + "2", "a-token-for-tests"
        self.placed: list[dict[str, list[str]]] = []
        self._failures: list[tuple[int, int, bool]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Exchange)
        self._server.board = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, status: int, code: int = 0, *, taken: bool = False) -> None:
        """Answer the next request like that; `taken`: the call is placed all the same."""
        self._failures.append((status, code, taken))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def sid(self, call: int = -1) -> str:
        return f"CA{len(self.placed) if call == -1 else call + 1:032d}"

    def signature(self, url: str, form: dict[str, str]) -> str:
        return str(RequestValidator(self.token).compute_signature(url, form))

    def ask(self, client: Any, url: str, **form: str) -> Any:
        """Post to an address we were given, signed, as Twilio does."""
        form = {"AccountSid": self.account, "CallSid": self.sid(), **form}
        headers = {"X-Twilio-Signature": self.signature(url, form)}
        return client.post(urlsplit(url).path, data=form, headers=headers)

    def told(self, client: Any, url: str, **form: str) -> Element:
        """Return what we answered with, as Twilio reads it."""
        answer = self.ask(client, url, **form)
        assert answer.status_code == 200, answer.text
        return fromstring(answer.text)


class _Exchange(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        board: Switchboard = self.server.board  # type: ignore[attr-defined]
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        who = base64.b64encode(f"{board.account}:{board.token}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {who}":
            return self._answer(401, '{"code": 20003}')
        if self.path != f"/2010-04-01/Accounts/{board.account}/Calls.json":
            return self._answer(404, '{"code": 20404}')
        if board._failures:
            status, code, taken = board._failures.pop(0)
            if taken:
                board.placed.append(form)
            return self._answer(status, f'{{"code": {code}}}')
        board.placed.append(form)
        return self._answer(201, f'{{"sid": "{board.sid()}"}}')

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""
