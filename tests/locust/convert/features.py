"""Mixins, uploads, hashes, loggers, unpacked fields, and methods of strings and dicts."""

import base64
import hashlib
import hmac
import logging
from pathlib import Path

from locust import HttpUser, constant, task

PEOPLE = Path(__file__).parent / "people.csv"

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


class Login:
    name = "mixin"
    path = "/mixin"

    def login(self):
        response = self.client.post("/login", json={"name": self.name})
        self.token, *self.rest = response.json()["token"], 1, 2
        self.client.headers.update({"X-Token": self.token, "X-Extra": "1"})


class Signature(object):
    name = "other"

    def sign(self, text):
        return hmac.new(b"key", text.encode("utf-8"), hashlib.sha256).hexdigest()


class Unused:
    pass


class Reader(Login, Signature, HttpUser):
    wait_time = constant(0.01)
    path = "/own"

    def on_start(self):
        self.login()
        self.client.headers.pop("X-Extra", None)

    @task
    def read(self):
        logger.info("signing %s as %d", self.path, len(self.rest))
        self.client.get(self.path, headers={"X-Signature": self.sign("né")})
        pair = base64.b64encode(b"user:" + "pass".encode()).decode("ascii")
        self.client.get("/hash/" + hashlib.md5(b"a").hexdigest(), headers={"Authorization": f"Basic {pair}"})
        with open(PEOPLE, "rb") as file:
            self.client.post("/upload", files={"file": file}, data={"kind": "csv"})
            self.client.post("/upload", files={"empty": file})
        self.client.post("/upload", files=[("file", ("people.txt", open(PEOPLE), "text/plain"))])
        self.client.post("/bytes", data=open(PEOPLE, "rb").read())
        first, *others = sorted([{"n": 2}, {"n": 1}, {"n": 3}], key=lambda item: item["n"])
        most = max(others, key=lambda item: item["n"])
        self.client.post("/dict", json={"a": first["n"]} | dict(most, b="x y".title(), **{"c": "a-a".count("a")}))
        response = self.client.get("/content")
        if b"hits" in response.content:
            self.client.get(f"/length/{len(response.content)}/{self.__class__.__name__}")
        self.client.post("/form", data={})
        try:
            raise ValueError("no")
        except Exception as error:
            self.client.get(f"/{type(error).__name__}")
