"""Listeners of requests that change variables. Users and a listener of the end of the run read these variables."""

from locust import HttpUser, constant, events, task

counts = {"fine": 0, "failed": 0}
seen = []
total = 0
last = None


def keep(text):
    seen.append(text)
    if len(seen) > 3:
        seen.pop(0)


@events.request.add_listener
def track(request_type, name, response_time, response_length, response, exception=None, **kwargs):
    global total
    if name == "/report":
        return
    counts["failed" if exception else "fine"] += 1
    if exception is not None and not response_time < 0:
        keep(f"{request_type} {name.upper()} {response.status_code}")
    elif response_length > 10:
        total += response_length


@events.request.add_listener
def remember(name, **kwargs):
    global last
    last = name if name != "/report" else last


@events.quitting.add_listener
def decide(environment, **kwargs):
    environment.process_exit_code = 9 if counts["failed"] > 1 else 0


class Visitor(HttpUser):
    wait_time = constant(0.01)

    @task
    def visit(self):
        self.client.get("/fine")
        with self.client.put("/judged", data="a", catch_response=True) as response:
            if counts["fine"] % 4 < 2:
                response.failure("too many")
        self.client.get(f"/named/{counts['fine']}", name="/named")
        self.client.post("/report", json={"counts": counts, "seen": seen, "total": total, "last": last})
