"""Passes dicts with ** to functions, classes, and requests."""

from dataclasses import dataclass

from locust import HttpUser, constant, task

DEFAULTS = {"name": "search", "headers": {"X-Extra": "1"}}


@dataclass
class Item:
    sku: str
    count: int = 1
    price: int = 2


def describe(kind, *, size=1, color="red"):
    return f"{kind}/{size}/{color}"


def collect(first, second=2, **others):
    return f"{first}/{second}/{sorted(others.items())}"


class KeywordsUser(HttpUser):
    wait_time = constant(0)

    def send(self, path, *, method="GET", name=None, **options):
        return self.client.request(method, path, name=name or path, **options)

    def forward(self, path, **options):
        return self.send(path, **options)

    def wrapped(self, method, path, *args, **kwargs):
        kwargs.setdefault("headers", {})["X-Extra"] = f"{len(args)}"
        return self.logged(f"{method} {args}", path, *args, **kwargs)

    def logged(self, label, path, *args, **kwargs):
        self.client.get(f"/log/{label.split()[0]}/{sorted(kwargs)}")
        return self.client.post(path, *args, **kwargs)

    def tried(self, use):
        try:
            return use()
        except TypeError:
            return "TypeError"

    @task
    def pass_on(self):
        self.client.get("/describe/" + describe("a", **{"size": 2}))
        sizes = {"size": 3, "color": "blue"}
        self.client.get("/describe/" + describe(**{"kind": "b", **sizes}))
        self.client.get("/tried/" + self.tried(lambda: describe("c", size=1, **sizes)))
        self.client.get("/tried/" + self.tried(lambda: describe("c", **{"weight": 1})))
        self.client.get("/tried/" + self.tried(lambda: describe(**sizes)))
        self.client.get("/collect/" + collect(1, **{"second": 3, "third": 4}))
        self.client.get("/collect/" + collect(*[1], fourth=5, **{"third": 4}))
        for row in [{"sku": "x"}, {"sku": "y", "count": 2, "price": 3}]:
            item = Item(**row)
            self.client.get(f"/item/{item.sku}/{item.count}/{item.price}")
        self.wrapped("post", "/wrapped", {"b": 2}, name="wrapped")
        self.wrapped("post", "/wrapped", json={"c": 3})
        self.forward("/forwarded", method="POST", data={"a": 1})
        self.forward("/forwarded", headers={"X-Number": "2"})
        options = {"params": {"q": "x y"}, "headers": {"X-Number": "1"}, "timeout": 5, "allow_redirects": False}
        self.client.get("/options", **options)
        self.client.post("/options", json={"a": 1}, **DEFAULTS)
        for method in ["get", "POST", "Put"]:
            getattr(self.client, method.lower())("/dispatched", **options)
