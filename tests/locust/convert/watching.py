"""A function that ends the run after too many failures, and a listener that sets the exit code."""

import time

import gevent
from locust import HttpUser, constant, events, task
from locust.runners import STATE_CLEANUP, STATE_STOPPED, STATE_STOPPING, WorkerRunner

MIN_REQUESTS = 10


def watch(environment):
    while environment.runner.state not in [STATE_STOPPING, STATE_STOPPED, STATE_CLEANUP]:
        time.sleep(0.1)
        total = environment.stats.total
        if total.num_requests >= MIN_REQUESTS and total.fail_ratio > 0.2:
            print(f"too many failures: {environment.runner.stats.total.fail_ratio:.1f}")
            environment.runner.quit()
            return


@events.init.add_listener
def start(environment, **kwargs):
    if not isinstance(environment.runner, WorkerRunner):
        gevent.spawn(watch, environment)


@events.quitting.add_listener
def decide(environment, **kwargs):
    if environment.stats.total.get_response_time_percentile(0.5) < 60_000 and environment.stats.total.num_failures > 3:
        environment.process_exit_code = 7
    else:
        environment.process_exit_code = 0


class Visitor(HttpUser):
    wait_time = constant(0.01)

    @task
    def visit(self):
        self.client.get("/good")
        self.client.get("/bad")
