"""Users, task sets, and classes, as locustfiles declare them."""

from locust import HttpUser, SequentialTaskSet, TaskSet, User, between, constant_throughput, task

names = ["kim", "lee"]


def outer(user):
    user.client.get("/outer")


class Steps(SequentialTaskSet):
    def on_start(self):
        self.step = 0

    @task
    def one(self):
        self.step += 1
        self.client.get(f"/step/{self.step}")

    @task
    def two(self):
        self.step += 1
        self.client.get(f"/step/{self.step}")
        self.user.finish(self.step)

    @task
    def stop(self):
        self.interrupt(reschedule=False)


class Counter:
    def __init__(self, start):
        self.total = start

    def next(self, by=1):
        self.total += by
        return self.total


class Visitor(HttpUser):
    weight = 3
    wait_time = between(0.01, 0.02)
    tasks = {Steps: 2, outer: 1}
    kinds = ["a", "b"]
    started = 0

    def __init__(self, environment):
        super().__init__(environment)
        self.counter = Counter(start=5)

    def on_start(self):
        Visitor.started += 1
        if names:
            self.client.post("/login", data={"name": names.pop()})

    def finish(self, step):
        self.client.get("/finish", params={"step": step, "count": self.counter.next() > 5})

    def on_stop(self):
        self.client.get("/bye")

    @task
    class Inner(TaskSet):
        @task
        def inner(self):
            with self.client.rename_request("renamed"):
                self.client.get(f"/inner/{self.user.kinds[-1]}")
            self.interrupt()


class Watcher(HttpUser):
    fixed_count = 1
    wait_time = constant_throughput(50)

    @task
    def watch(self):
        self.client.get("/watch")


if __name__ == "__main__":
    print("never")
