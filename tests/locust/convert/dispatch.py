"""Calls functions that are values, returns values from with blocks, and sends cookies."""

from locust import HttpUser, constant, task


def shared(user, name):
    user.client.get(f"/shared/{name}")


class DispatchUser(HttpUser):
    wait_time = constant(0)

    def one(self):
        self.client.get("/one")

    def two(self, name="default"):
        self.client.get(f"/two/{name}")

    def find(self, path):
        with self.client.get(path, catch_response=True) as response:
            for name in ["missing", "hits"]:
                if name not in response.json():
                    continue
                with self.client.get(f"{path}/{name}", catch_response=True) as inner:
                    if inner.status_code == 200:
                        inner.success()
                        return name, response.json()[name]
            return None
        return "never"

    def nothing(self):
        with self.client.get("/nothing", catch_response=True) as response:
            if response.status_code == 200:
                return
        self.client.get("/never")

    @task
    def call(self):
        for action in [self.one, self.two]:
            action()
        actions = {"two": self.two, "get": lambda: self.client.get("/lambda"), "shared": shared}
        actions["two"]("named")
        actions["get"]()
        actions["shared"](self, "a")
        for action, value in [(self.two, "pair"), (actions.get("two"), "dict")]:
            action(value)
        page = (lambda path: self.client.get(path))("/page")
        self.client.get(f"/status/{page.status_code}")
        self.client.get(f"/found/{self.find('/find')}/{self.nothing()}")
        self.client.get("/cookies", cookies={"a": "b", "n": "1"}, headers={"X-Extra": "x"})
        self.client.get("/cookies", cookies={}, headers={"X-Extra": "x"})
        self.client.post("/cookies", json={}, cookies={"a": "b"}, headers={"Cookie": "own=1"})
