"""Uses responses of FastHttpUser's requests that got no answer. failures.py is the counterpart for HttpUser."""

import json

import requests
from locust import FastHttpUser, constant, task

NOWHERE = "http://127.0.0.1:1/"


class FastFailuresUser(FastHttpUser):
    wait_time = constant(0)

    def report(self, name, use):
        try:
            result = str(use())
        except requests.exceptions.RequestException:
            result = "request"
        except json.JSONDecodeError:
            result = "JSON"
        except AttributeError:
            result = "no attribute"
        except Exception as e:
            result = type(e).__name__
        self.client.get(f"/{name}/{result}")

    @task
    def fail(self):
        r = self.client.get(NOWHERE, name="nowhere")
        self.report("status_code", lambda: r.status_code)
        self.report("ok", lambda: r.ok)
        self.report("text", lambda: r.text)
        self.report("in-text", lambda: "a" in r.text)
        self.report("content", lambda: r.content is None)
        self.report("len", lambda: len(r.content))
        self.report("url", lambda: r.url)
        self.report("headers", lambda: r.headers is None)
        self.report("header", lambda: r.headers.get("Date"))
        self.report("elapsed", lambda: r.elapsed.total_seconds())
        self.report("history", lambda: len(r.history))
        self.report("json", lambda: r.json())
        self.report("raise_for_status", lambda: r.raise_for_status())

        answered = self.client.get("/answered")
        self.report("answered", lambda: answered.ok and answered.text != "" and answered.json()["hits"] == 3)
        self.report("raise-answered", lambda: answered.raise_for_status())

        with self.client.get(NOWHERE, name="nowhere", catch_response=True) as r:
            self.report("in-block", lambda: r.ok)
            self.report("raise-in-block", lambda: r.raise_for_status())
            r.success()
            self.report("success", lambda: r.raise_for_status())
        with self.client.get("/judged", catch_response=True) as r:
            r.failure("wrong")
            self.report("failure", lambda: r.ok)
            self.report("raise", lambda: r.raise_for_status())

        self.client.get(NOWHERE, name="nowhere").raise_for_status()
        self.client.get("/unreachable")
