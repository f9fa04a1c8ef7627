"""Requests that users make with Python's requests library."""

import os

import requests
from locust import HttpUser, constant, task

AUTH_URL = os.environ["API_HOST"] + "/token"


def fetch_token(name):
    response = requests.post(AUTH_URL, data={"name": name, "note": None}, timeout=10)
    response.raise_for_status()
    return response.json()["token"]


class Outside(HttpUser):
    wait_time = constant(0.01)

    def on_start(self):
        self.token = fetch_token("kim")
        self.session = requests.Session()
        self.session.headers.update({"Authorization": f"Bearer {self.token}"})

    @task
    def work(self):
        self.client.get("/inside", headers={"X-Token": self.token})
        r = requests.get(self.host + "/outside", params={"a": 1}, headers={"X-Token": self.token})
        if r.status_code == 200:
            self.client.get("/after")
        self.session.get(self.host + "/session")
