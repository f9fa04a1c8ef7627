"""Uses responses of requests that got no answer, and responses after success() and failure()."""

import json

import requests
from locust import HttpUser, constant, task

NOWHERE = "http://127.0.0.1:1/"


class FailuresUser(HttpUser):
    wait_time = constant(0)

    def report(self, name, use):
        try:
            result = str(use())
        except requests.exceptions.ConnectTimeout:
            result = "connect timeout"
        except requests.exceptions.ConnectionError as e:
            result = f"no connection, {type(e).__name__}"
        except requests.exceptions.HTTPError as e:
            result = f"status, {str(e).split(' for ')[0]}"
        except requests.exceptions.RequestException as e:
            result = f"request, {type(e).__name__}"
        except AttributeError:
            result = "no attribute"
        except ValueError as e:
            result = f"value, {type(e).__name__}"
        except Exception as e:
            result = type(e).__name__
        self.client.get(f"/{name}/{result}")

    @task
    def fail(self):
        r = self.client.get(NOWHERE, name="nowhere")
        self.report("status_code", lambda: r.status_code)
        self.report("ok", lambda: r.ok)
        self.report("bool", lambda: bool(r))
        self.report("not", lambda: not r)
        self.report("or", lambda: r or 1)
        responses = [r]
        self.report("any", lambda: bool(responses[0]))
        self.report("text", lambda: r.text)
        self.report("content", lambda: r.content is None)
        self.report("len", lambda: len(r.content))
        self.report("decode", lambda: r.content.decode())
        self.report("in-content", lambda: b"a" in r.content)
        self.report("loads", lambda: json.loads(r.content))
        self.report("url", lambda: r.url)
        self.report("in-url", lambda: "a" in r.url)
        self.report("reason", lambda: r.reason)
        self.report("elapsed", lambda: r.elapsed.total_seconds())
        self.report("headers", lambda: r.headers.get("Date"))
        self.report("cookies", lambda: r.cookies.get("session"))
        self.report("history", lambda: len(r.history))
        self.report("json", lambda: r.json())
        self.report("raise_for_status", lambda: r.raise_for_status())
        self.report("json.loads", lambda: json.loads("{"))

        with self.client.get(NOWHERE, name="nowhere", catch_response=True) as r:
            self.report("in-block", lambda: r.ok)
            r.success()
            self.report("success", lambda: r.ok)
        with self.client.get("/judged", catch_response=True) as r:
            r.failure("wrong")
            self.report("failure", lambda: r.ok)
        self.report("after", lambda: bool(r))
        self.report("raise-after", lambda: r.raise_for_status())
        with self.client.get("/judged", catch_response=True) as r:
            r.success()
        self.report("after-success", lambda: r.ok)

        if self.client.get(NOWHERE, name="nowhere").ok:
            self.client.get("/true")
        self.client.get("/unreachable")
