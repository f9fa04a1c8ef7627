"""Context managers: functions, classes, and suppress()."""

import contextlib
import time
from contextlib import contextmanager, suppress
from threading import Lock

from locust import HttpUser, constant, task

lock = Lock()
counter = 0


@contextmanager
def step(user, name):
    start = time.time()
    user.client.get(f"/step/{name}/begin")
    try:
        yield name.upper()
    except ValueError as e:
        user.client.get(f"/step/{name}/error/{e}")
    finally:
        user.client.get(f"/step/{name}/end")
    assert time.time() - start < 60


class Timer:
    def __init__(self, name):
        self.name = name
        self.ended = False

    def __enter__(self):
        self.start = time.perf_counter()
        return self

    def __exit__(self, exc_type, exc, tb):
        self.ended = True
        self.elapsed = time.perf_counter() - self.start
        return False


class Managed(HttpUser):
    wait_time = constant(0.01)

    @task
    def steps(self):
        global counter
        with lock:
            counter += 1
            number = counter
        with step(self, "one") as label:
            self.client.get(f"/work/{label}/{number}")
        with step(self, "two"):
            raise ValueError("bad")
        with suppress(KeyError):
            {}["x"]
            self.client.get("/never")
        with contextlib.suppress(ZeroDivisionError, IndexError):
            self.client.get(f"/div/{1 // (number % 2)}")
        with Timer("t") as timer:
            self.client.get("/timed")
        self.client.get(f"/timer/{timer.name}/{timer.ended}")
