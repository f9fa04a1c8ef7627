"""Context managers, arguments that are passed on, requests before the run, and additional sessions."""

import os
from contextlib import contextmanager

import requests
from locust import HttpUser, constant, events, task
from locust.clients import HttpSession
from locust.runners import MasterRunner, WorkerRunner

HOST = os.environ["API_HOST"]
early = requests.post(HOST + "/early", data="a").json()["token"]
token = None
names = ["x"]
pair = None
kinds = set()


def fetch(path):
    return requests.get(HOST + path, headers={"X-Number": "1"})


@events.test_start.add_listener
def start(environment, **kwargs):
    global pair, token
    if not isinstance(environment.runner, MasterRunner):
        token = requests.put(HOST + "/start", json={"a": 1, "b": None}).json()["token"]
    names.append(fetch("/names").json()["token"])
    pair = ("p", [token, 4 / 2])
    kinds.add("k")


@events.test_stop.add_listener
def stop(environment, **kwargs):
    if not isinstance(environment.runner, (WorkerRunner)):
        fetch(f"/stop/{token}")


@contextmanager
def logged(user, name):
    user.client.get(f"/before/{name}")
    try:
        yield name.upper()
    except ValueError as error:
        user.client.get(f"/caught/{error}")
    else:
        user.client.get("/fine")
    finally:
        user.client.get("/after")


class Base(HttpUser):
    abstract = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.api = HttpSession(base_url=HOST, request_event=self.client.request_event, user=self)

    def send(self, path, number=1, **kwargs):
        return self.client.post(f"{path}/{number}", **kwargs)


class Visitor(Base):
    wait_time = constant(0.01)

    @contextmanager
    def judged(self, path):
        with self.client.get(path, catch_response=True) as response:
            if response.json()["hits"] != 3:
                response.failure("no hits")
            yield response

    @task
    def visit(self):
        self.client.get(f"/{early}/{token}/{names}")
        self.client.get(f"/{pair}/{'k' in kinds}")
        for name in ["a", "b", "c"]:
            with logged(self, name) as upper:
                if name == "a":
                    continue
                self.client.get(f"/inside/{upper}")
                if name == "b":
                    raise ValueError("b")
        with self.judged("/judged") as response:
            self.send("/sent", 2, json={"code": response.status_code}, headers={"X-Extra": "e"})
        self.send("/sent", data={"a": True})
        self.client.cookies.set("own", "1")
        self.api.get("/api")
        self.api.headers["X-Extra"] = "f"
        self.api.get("/api")
