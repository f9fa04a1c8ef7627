from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from locust import HttpUser, task

from . import calls

if TYPE_CHECKING:
    from shop.missing import Nothing

_hidden = "hidden"


def describe():
    return calls.path(_hidden)


class BaseUser(HttpUser):
    abstract = True

    def fetch(self, path, **params) -> Nothing:
        return self.client.get(f"{path}?{urlencode(params)}")


class _NotImported(HttpUser):
    @task
    def never(self):
        self.client.get("/never")
