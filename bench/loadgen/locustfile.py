"""The load for Locust.

Environment: ASKED, MIN_WAIT, MAX_WAIT, SPREAD, and EXPECTED, as in ours.mjs; CLASS, the class of the users.
"""

import time
from os import environ
from random import uniform

import locust
from locust import between, task

ASKED = environ["ASKED"]
SPREAD = float(environ["SPREAD"])
EXPECTED = environ["EXPECTED"]


class Asker(getattr(locust, environ["CLASS"])):
    wait_time = between(float(environ["MIN_WAIT"]), float(environ["MAX_WAIT"]))

    def on_start(self):
        if SPREAD > 0:
            time.sleep(uniform(0, SPREAD))

    @task
    def ask(self):
        if not EXPECTED:
            self.client.get(ASKED)
            return
        with self.client.get(ASKED, catch_response=True) as response:
            if response.json()["query"] != EXPECTED:
                response.failure("another query")
