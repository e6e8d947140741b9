"""A small threaded HTTP/1.1 server for one WSGI application.

The development servers that Python packages offer close the connection after
every answer. SDK clients pool connections, so this one keeps them open, sends
each answer in one packet, and lets the application drop a connection without
an answer by raising :class:`DropConnection`.
"""

import io
import socket
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_to_bytes


class DropConnection(Exception):
    """Raised by the application to close the connection without an answer."""


class Server(ThreadingHTTPServer):
    """One thread a connection; threads die with the process."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, address, application, verbose=False):
        self.application = application
        self.verbose = verbose
        super().__init__(address, Handler)

    def server_bind(self):
        """Bind without the reverse name lookup of the base class."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """Clients that go away are no news; anything else is."""
        error = sys.exc_info()[1]
        if self.verbose or not isinstance(error, (ConnectionError, socket.timeout)):
            traceback.print_exc()


class Handler(BaseHTTPRequestHandler):
    """Turns one HTTP request into one call of the WSGI application."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_one_request(self):
        """Read a request, run the application, write the answer."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
        except ConnectionError:
            self.close_connection = True
            return
        if not self.raw_requestline or len(self.raw_requestline) > 65536:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        try:
            body = self._read_body()
            status, headers, chunks = self._run(body)
        except DropConnection:
            self.close_connection = True
            return
        except ConnectionError:
            self.close_connection = True
            return
        self._write(status, headers, chunks)

    def handle_expect_100(self):
        """Send 100 Continue to a client that waits for it, at once."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def _read_body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0].strip() or b"0", 16)
                if size == 0:
                    while self.rfile.readline().strip():
                        pass
                    return b"".join(parts)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length else b""

    def _run(self, body):
        path, _, query = self.path.partition("?")
        environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ[key] = value
            elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
                key = "HTTP_" + key
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        answer = []

        def start_response(status, headers, exc_info=None):
            answer[:] = [status, headers]

        chunks = self.server.application(environ, start_response)
        try:
            data = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return answer[0], answer[1], data

    def _write(self, status, headers, data):
        code, _, reason = status.partition(" ")
        lines = [f"HTTP/1.1 {code} {reason or 'Status'}"]
        names = set()
        for name, value in headers:
            names.add(name.lower())
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                lines.append(f"{name}: {value}")
        head_only = self.command == "HEAD" or code in ("204", "304")
        length = len(data)
        if head_only:
            declared = [v for n, v in headers if n.lower() == "content-length"]
            length = declared[0] if declared and self.command == "HEAD" else length
        if code not in ("204", "304"):
            lines.append(f"Content-Length: {length}")
        if "date" not in names:
            lines.append(f"Date: {self.date_time_string()}")
        lines.append("Connection: " + ("close" if self.close_connection else "keep-alive"))
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        self.wfile.write(head if head_only else head + data)
        self.wfile.flush()
        if self.server.verbose:
            print(f"{self.command} {self.path} {code}", file=sys.stderr, flush=True)

    def log_message(self, *args):
        """Silence the base class; see ``verbose``."""
