"""A tiny reverse proxy, a process of its own, that adds a cookie to every answer as a content network does.

python cookie_adding_proxy.py UPSTREAM_PORT [COOKIE]   prints its own port
"""

from __future__ import annotations

import http.client
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

UPSTREAM, COOKIE = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""


class Proxy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", UPSTREAM, timeout=20)
        line.request("GET", self.path, headers=dict(self.headers))
        answer = line.getresponse()
        body = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        if COOKIE:
            self.send_header("Set-Cookie", COOKIE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Proxy)
print(server.server_port, flush=True)
server.serve_forever()
