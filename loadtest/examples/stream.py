"""Reads answers while they arrive."""

from locust import HttpUser, constant, task


class Listener(HttpUser):
    wait_time = constant(0.05)

    @task
    def listen(self):
        with self.client.get("/events", stream=True, catch_response=True) as response:
            for line in response.iter_lines():
                if line == b"data: full":
                    response.failure("full")
                    break

    @task
    def download(self):
        response = self.client.get("/file", stream=True)
        size = 0
        for part in response.iter_content(8192):
            size += len(part)
        if size != 20000:
            raise ValueError(f"{size} bytes")
