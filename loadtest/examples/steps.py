"""A load that grows in steps. steps.ts is the same test for k6."""

from locust import FastHttpUser, LoadTestShape, constant_throughput, task


class Visitor(FastHttpUser):
    wait_time = constant_throughput(10)

    @task
    def visit(self):
        self.client.get("/")


class Steps(LoadTestShape):
    def tick(self):
        step = int(self.get_run_time() // 2)
        if step >= 2:
            return None
        return (2 * (step + 1), 10)
