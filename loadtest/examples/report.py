"""The load test of the reference report for Locust: users type random words letter by letter."""

import random
from pathlib import Path
from urllib.parse import quote

from geventhttpclient.client import HTTPClientPool
from locust import FastHttpUser, between, task

WORDS = [
    line
    for line in (Path(__file__).parent.parent / "words.gen.txt").read_text(encoding="utf-8").split("\n")
    if line != "" and not line.startswith("#")
]


class Typist(FastHttpUser):
    wait_time = between(0.05, 0.2)
    connection_timeout = 120
    network_timeout = 120
    client_pool = HTTPClientPool(concurrency=12_000, connection_timeout=120, network_timeout=120)
    default_headers = {"Accept": "application/json", "Connection": "keep-alive", "Keep-Alive": "timeout=120"}
    letters = []
    typed = ""

    @task
    def type_letter(self):
        if len(self.letters) == 0:
            self.letters = list(random.choice(WORDS))
            self.typed = ""
        self.typed += self.letters.pop(0)
        url = f"/autocomplete?q={quote(self.typed, safe='')}"
        with self.client.get(url, name="/autocomplete", catch_response=True) as response:
            judge(response, self.typed)


def judge(response, query):
    if response.status_code == 0:
        response.failure("no answer")
    elif response.status_code != 200:
        response.failure(f"status {response.status_code}")
    else:
        try:
            answer = response.json()
        except ValueError:
            response.failure("the body is not JSON")
        else:
            if answer["query"] != query:
                response.failure("the answer is for another query")
