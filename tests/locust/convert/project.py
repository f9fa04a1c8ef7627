"""Imports helper modules in many ways."""

import os
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "shop", "parts"))

import limits
import shop.state
from locust import HttpUser, constant, task
from shop import calls, state as current
from shop.calls import send as send_one
from shop.state import register, seen as already
from shop.users import *

name = "root"
current.host_name = "changed"


class ProjectUser(BaseUser):
    wait_time = constant(0)

    @task
    def go(self):
        shop.state.total = shop.state.total + 1
        register(f"u{current.total}")
        self.client.get(f"/{current.host_name}/{current.total}/{len(already)}")
        limits.LIMITS["max"] = current.total
        self.client.get(f"/limits/{limits.LIMITS['max']}/{current.snapshot()}/{limits.PEOPLE[0]['name']}")
        send_one(self.client)
        path = calls.path("x")
        self.client.get(path)
        self.client.get(f"/{name}/{calls.name}/{calls.filter([1, 2, 3])}/{list(filter(None, [0, 1]))[0]}")
        self.fetch("/fetched", page=2)
        from shop.parts import later

        self.client.get(later.LATER)
