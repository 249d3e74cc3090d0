"""The HTTP server of draw_digits.py: the page's files, and its requests as JSON."""

import json
import secrets
import threading
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from _draw_tab import RequestError, Tab, Trained

MAX_BYTES, MAX_TABS = 300_000, 16
ASSETS = {"/style.css": "text/css", "/app.js": "text/javascript"}
FOLDER = Path(__file__).parent / "_draw_digits"
POLICY = (  # the page may load only its own files, and no other page may embed it
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Server(ThreadingHTTPServer):
    """Serves the page; each tab gets a token and, with it, a network of its own."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], reader: Trained, data: str) -> None:
        self.reader, self.data = reader, data
        self.tabs, self.lock = OrderedDict[str, Tab](), threading.Lock()
        super().__init__(address, Handler)
        self.names = [f"{host}:{self.server_address[1]}" for host in ("127.0.0.1", "localhost")]
        self.address = f"http://{self.names[0]}"

    def new_tab(self) -> str:
        """The token of a new tab; beyond `MAX_TABS`, the least recently used tab is removed."""
        token = secrets.token_urlsafe(16)
        with self.lock:
            self.tabs[token] = Tab(self.reader)
            while len(self.tabs) > MAX_TABS:
                self.tabs.popitem(last=False)
        return token

    def tab(self, token: str) -> Tab:
        """The network of a tab."""
        with self.lock:
            if token not in self.tabs:
                raise RequestError(403, "the server no longer knows this tab; reload the page")
            self.tabs.move_to_end(token)
            return self.tabs[token]


class Handler(BaseHTTPRequestHandler):
    """Answers requests of the page only: Host and Origin must be this server, and the tab must be known."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: Server

    def do_GET(self) -> None:
        try:
            self.check_sender()
            if self.path == "/":
                page = (FOLDER / "index.html").read_text(encoding="utf-8")
                page = page.replace("{{token}}", self.server.new_tab()).replace("{{data}}", self.server.data)
                self.answer(200, page.encode(), "text/html")
            elif self.path in ASSETS:
                self.answer(200, (FOLDER / self.path[1:]).read_bytes(), ASSETS[self.path])
            else:
                raise RequestError(404, "not found")
        except RequestError as error:
            self.send_request_error(error)

    def do_POST(self) -> None:
        try:
            self.check_sender()
            if self.path not in ("/look", "/why", "/teach", "/forget"):
                raise RequestError(404, "not found")
            if self.headers.get_content_type() != "application/json":
                raise RequestError(415, "expected application/json")
            body = self.body()
            tab = self.server.tab(self.headers.get("X-Tab", ""))
            with tab.lock:
                answer = getattr(tab, self.path[1:])(body)
            self.answer(200, json.dumps(answer).encode(), "application/json")
        except RequestError as error:
            self.send_request_error(error)

    def check_sender(self) -> None:
        """Raise an error for requests of other sites, which come with another Host or Origin."""
        if self.headers.get("Host") not in self.server.names:
            raise RequestError(403, "unknown host")
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self.server.names:
            raise RequestError(403, "requests from other sites are not allowed")

    def body(self) -> dict[str, Any]:
        """The request's JSON object, whose size is checked before it is read."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise RequestError(411, "expected a header Content-Length with the number of bytes")
        if len(length) > 12 or int(length) > MAX_BYTES:
            raise RequestError(413, f"at most {MAX_BYTES} bytes are accepted")
        try:
            content = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise RequestError(400, "the body is not JSON") from None
        if not isinstance(content, dict):
            raise RequestError(400, "expected a JSON object")
        return content

    def send_request_error(self, error: RequestError) -> None:
        """An error as JSON; the connection is closed, since its body may not have been read."""
        self.close_connection = True
        self.answer(error.status, json.dumps({"error": str(error)}).encode(), "application/json")

    def answer(self, status: int, content: bytes, kind: str) -> None:
        """Send a response."""
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Do not log requests: there are many, and the page shows errors."""
