"""Users who browse, with a Markov chain and listeners. browse.ts is the same test for k6."""

from locust import FastHttpUser, MarkovTaskSet, between, events, transition, transitions


class Browse(MarkovTaskSet):
    @transition("search")
    def index(self):
        self.client.get("/")

    @transitions({"index": 1, "buy": 3})
    def search(self):
        self.client.get("/search")

    @transitions(["index", ("search", 2)])
    def buy(self):
        self.client.post("/buy")


class Browser(FastHttpUser):
    wait_time = between(0.01, 0.05)
    tasks = [Browse]


@events.request.add_listener
def report(name, response_time, exception, **_):
    if exception:
        print(f"{name} failed after {response_time} ms")


@events.quitting.add_listener
def judge(environment, **_):
    total = environment.stats.total
    if total.fail_ratio > 0.01 or total.get_response_time_percentile(0.95) > 5000:
        environment.process_exit_code = 3
