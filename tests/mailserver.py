"""A mailbox on this machine: as much IMAP as a poll needs, over a real socket."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from notifications.inbox.imap import Imap


class _Session(socketserver.StreamRequestHandler):
    """As much IMAP4rev1 as a poll needs; the mails and the sign-in are the server's."""

    def handle(self) -> None:
        self.say("* OK ready")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            words = rest.upper().split()
            if not words:
                return
            self.server.heard.append(rest)
            answer = self.answer(words[1] if words[0] == "UID" else words[0], rest)
            self.say(f"{tag} {answer}")
            if words[0] == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def answer(self, command: str, rest: str) -> str:
        server = self.server
        if command == "LOGIN":
            return "OK in" if '"right"' in rest else "NO [AUTHENTICATIONFAILED] no"
        if command == "SELECT":
            if "INBOX" not in rest:
                return "NO no such folder"
            self.say(f"* {len(server.mails)} EXISTS")
        elif command == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif command == "STATUS":
            self.say(f'* STATUS "INBOX" (UIDVALIDITY {server.validity})')
        elif command == "SEARCH":
            self.say("* SEARCH " + " ".join(map(str, self.found(rest))))
        elif command == "FETCH":
            self.fetch(int(rest.split()[2]))
        return "OK done"

    def found(self, rest: str) -> list[int]:
        uids = sorted(self.server.mails)
        if " UID " not in rest.removeprefix("UID "):
            return uids
        first = int(rest.rpartition("UID ")[2].split(":")[0])
        return [uid for uid in uids if uid >= first] or uids[-1:]

    def fetch(self, uid: int) -> None:
        raw = self.server.mails.get(uid)
        if raw is not None:
            self.say(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}")
            self.wfile.write(raw + b")\r\n")


class Mailserver(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails, self.validity, self.heard = {}, 7, []
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """Say nothing: whoever does not trust us hangs up."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Mailserver]:
    with Mailserver(context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def imap(server: Mailserver, **changes: object) -> Imap:
    usual = {"host": "127.0.0.1", "port": server.port, "username": "care", "password": "right",
             "security": "none"}  # fmt: skip
    return Imap(**{**usual, **changes})
