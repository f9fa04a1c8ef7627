"""Uses regular expressions, fields that may be missing, and the command line."""

import re

from locust import HttpUser, constant, events, task

TOKEN = re.compile(r'token": "(\w+)"')
DIGITS = re.compile(r"\d+")


@events.init_command_line_parser.add_listener
def _(parser):
    parser.add_argument("--tenant", default="acme")
    parser.add_argument("--slow-mode", action="store_true", default=False)


class PatternsUser(HttpUser):
    wait_time = constant(0)
    visits = 1

    def on_start(self):
        self.late = getattr(self, "late", 3)

    @task
    def go(self):
        options = self.environment.parsed_options
        self.client.get(f"/{options.tenant}/{options.slow_mode}/{'slow' if options.slow_mode else 'fast'}/{self.late}")
        response = self.client.get("/token")
        self.client.get(f"/{TOKEN.search(response.text).group(1)}/{DIGITS.findall('a1b22')}/{DIGITS.match('x1') is None}")
        self.client.get(f"/{bool(DIGITS.fullmatch('12'))}/{DIGITS.sub('n', 'a1b22')}")
        self.client.get("/" + re.sub(r"(\w+)-(\w+)", r"\2-\g<1>$", "a-b c-d") + re.sub("x*", "-", "abc"))
        self.visits = getattr(self, "visits", 5) + 1
        self.client.get(f"/{self.visits}/{hasattr(self, 'visits')}/{getattr(self, 'missing', 'm')}/{hasattr(self, 'missing')}")
        self.missing = None
        self.client.get(f"/{getattr(self, 'missing', 'm')}/{[1, 2, 1].count(1)}")
