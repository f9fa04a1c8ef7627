"""Shows the features of a locustfile. shop.ts is the same test for k6."""

import time

from locust import FastHttpUser, SequentialTaskSet, TaskSet, between, constant_pacing, events, tag, task
from locust.exception import StopUser


class Basket(TaskSet):
    def on_start(self):
        self.client.get("/basket")

    @task(2)
    def add(self):
        self.client.post("/basket", json={"sku": 17, "count": 2})

    @task
    def leave(self):
        self.interrupt()


class Checkout(SequentialTaskSet):
    @task
    def address(self):
        self.client.put("/address", data={"street": "Main St. 1"})

    @task
    def pay(self):
        response = self.client.post("/pay", headers={"X-Token": self.user.token})
        if response.status_code == 402:
            raise StopUser()
        self.interrupt(reschedule=False)


class Shopper(FastHttpUser):
    weight = 3
    wait_time = between(0.01, 0.05)
    tasks = {Basket: 1, Checkout: 1}

    def on_start(self):
        self.token = self.client.post("/login", data={"name": "kim"}).json()["token"]

    def on_stop(self):
        self.client.post("/logout")

    @tag("read")
    @task(3)
    def search(self):
        with self.client.get("/search?q=shoes", name="/search", catch_response=True) as response:
            if response.json()["hits"] == 0:
                response.failure("no hits")
        time.sleep(0.01)


class Watcher(FastHttpUser):
    fixed_count = 1
    wait_time = constant_pacing(0.1)

    @tag("read")
    @task
    def look(self):
        events.request.fire(
            request_type="CACHE", name="look", response_time=2.5, response_length=0, exception=None, context={}
        )
