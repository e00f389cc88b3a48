import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


class Weather(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.3)
        self.send_response(self.server.troubles.pop() if self.server.troubles else 200)
        self.end_headers()
        self.wfile.write(b"sunny")

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture(scope="session")
def server():
    """A server in the tests' own process, outside of the testbed; workers inherit the variable that names it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Weather) as server, pytest.MonkeyPatch.context() as environment:
        Thread(target=server.serve_forever).start()
        environment.setenv("WEATHER_URL", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()


@pytest.fixture
def weather(server):
    """The server, in good order unless a test gives it troubles: the status codes that it answers with next."""
    server.troubles = []
    return server
