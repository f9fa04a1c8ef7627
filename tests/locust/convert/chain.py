"""A MarkovTaskSet in which each task has only one possible successor, with stacked transitions, weights of 0, and a nested task set."""

from locust import HttpUser, MarkovTaskSet, TaskSet, task, transition, transitions


class Walk(MarkovTaskSet):
    rounds = 0

    def on_start(self):
        self.client.get("/start")

    @transitions({"stop": 3, "last": 0})
    def first(self):
        self.client.get("/first")

    @transition("last", weight=0)
    @transition("Pause")
    def stop(self):
        self.client.get("/stop")

    @transitions([("last", 2), ("first", 0)])
    class Pause(TaskSet):
        @task
        def pause(self):
            self.client.get("/pause")
            self.interrupt()

    @transition("first")
    def last(self):
        self.rounds += 1
        self.client.get(f"/last/{self.rounds}")
        if self.rounds == 3:
            self.interrupt()

    @transition("first")
    def never(self):
        self.client.get("/never")


class Walker(HttpUser):
    tasks = [Walk]
