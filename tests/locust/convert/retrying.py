"""Retries, and exceptions with fields."""

import functools
import time

from locust import HttpUser, constant, task
from locust.exception import RescheduleTask


def retry(times=3, delay=0.01):
    def decorator(func):
        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            last = None
            for attempt in range(times):
                try:
                    return func(*args, **kwargs)
                except (ValueError, KeyError) as e:
                    last = e
                    time.sleep(delay * (attempt + 1))
            raise last
        return wrapper
    return decorator


class ApiError(Exception):
    def __init__(self, code, message="failed"):
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self):
        return f"[{self.code}] {self.message}"


class Retrying(HttpUser):
    wait_time = constant(0.01)
    tries = 0
    n = 0

    @retry(times=2)
    def flaky(self, path):
        self.tries += 1
        response = self.client.get(path, params={"try": self.tries})
        if self.tries % 3 == 0:
            raise ValueError("again")
        return response.json()["token"]

    def strict(self, code):
        if code > 2:
            raise ApiError(code)
        return code

    @task
    def work(self):
        self.n += 1
        token = self.flaky("/flaky")
        try:
            self.strict(self.n % 4)
        except ApiError as e:
            self.client.post("/error", json={"text": str(e), "code": e.code})
        else:
            self.client.get("/fine")
        finally:
            self.client.get("/finally")
        try:
            try:
                int("x")
            except ValueError as e:
                raise RuntimeError("wrapped") from e
        except RuntimeError as e:
            self.client.post("/wrapped", json={"e": repr(e), "t": token})
        if self.n % 5 == 0:
            raise RescheduleTask()
        self.client.get("/last")
