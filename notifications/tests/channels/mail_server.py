"""A small mail server on loopback: takes one message per connection, or says what it is told to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MailServer(socketserver.ThreadingTCPServer):
    """`answers` replaces the answer to a command; `None` hangs up instead."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.port = self.server_address[1]
        self.mails: list[str] = []
        self.answers: dict[str, str | None] = {}


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        if self._say("CONNECT", "220 ready"):
            while (line := self.rfile.readline().decode()) and self._obey(line):
                pass

    def _obey(self, line: str) -> bool:
        verb = line.strip().upper().split(" ")[0].split(":")[0]
        if verb != "DATA":
            return self._say(verb, "221 bye" if verb == "QUIT" else "250 ok") and verb != "QUIT"
        if not self._say(verb, "354 go on"):
            return False
        if "DATA" in self.server.answers:
            return True
        self.server.mails.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
        return self._say("END", "250 taken")

    def _say(self, verb: str, usual: str) -> bool:
        answer = self.server.answers.get(verb, usual)
        if answer is not None:
            self.wfile.write(f"{answer}\r\n".encode())
        return answer is not None


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    """A mail server for the length of the block."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)
