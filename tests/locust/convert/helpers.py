"""Uses mixins after the base class, loggers in listeners, and helper methods that return requests."""

import base64
import hashlib
import hmac
import itertools
import logging
import time
from datetime import datetime
from urllib.parse import parse_qs, quote_plus, unquote, urlencode, urljoin, urlparse

from locust import HttpUser, constant, events, task
from locust.exception import RescheduleTask

logger = logging.getLogger(__name__)
WEIGHTS = {"call": 2}


@events.request.add_listener
def on_request(name, exception, **kwargs):
    if exception:
        logger.error(f"{name} failed: {exception}")


@events.test_stop.add_listener
def report(environment, **kwargs):
    for (name, method), entry in environment.stats.entries.items():
        print(name, method, entry.num_requests)


class AuthMixin:
    def auth_get(self, url, **kwargs):
        kwargs.setdefault("headers", {}).update({"X-Extra": "get"})
        return self.client.get(url, **kwargs)

    def auth_post(self, url, data):
        headers = {"X-Extra": "post"}
        return self.client.post(url, json=data, headers=headers, catch_response=True)


class HelpersUser(HttpUser, AuthMixin):
    wait_time = constant(0)
    count = 0

    @task(WEIGHTS["call"])
    def call(self):
        type(self).count += 1
        self.client.get(f"/count/{self.count}/{HelpersUser.count}")
        self.auth_get("/plain")
        self.auth_get("/named", name="name")
        with self.auth_get("/caught", catch_response=True) as response:
            if response.status_code == 200:
                response.success()
        with self.auth_post("/posted", {"a": 1}) as answer:
            self.client.get(f"/inside/{answer.json()['hits']}")
            answer.failure("no reason")
        response = self.client.get("/joined", catch_response=True)
        with response:
            response.success()
        getattr(self.client, "post" if response.ok else "get")("/chosen", json=[1])
        self.times()
        self.texts()
        values = {"a": 1}
        values.update(b=2)
        values |= {"c": 3}
        self.client.post("/values", json=values)
        try:
            self.leave()
        except ValueError:
            self.client.get("/never")
        self.client.get("/never")

    def leave(self):
        with self.client.get("/leave", catch_response=True) as response:
            response.success()
            raise RescheduleTask()

    def times(self):
        parsed = time.strptime("2 Jan 2026 10:11 PM", "%d %b %Y %I:%M %p")
        other = datetime.strptime("Friday 02-January-26", "%A %d-%B-%y")
        self.client.get(f"/times/{parsed.tm_year}/{parsed.tm_yday}/{time.strftime('%H:%M', parsed)}/{other:%Y-%m-%d}")

    def texts(self):
        digest = hashlib.sha1()
        digest.update(b"a")
        signature = base64.b64encode(hmac.new(b"key", b"text", hashlib.sha256).digest()).decode()
        payload = base64.urlsafe_b64decode("eyJhIjoiw6kifQ==").decode()
        self.client.post("/digests", json=[digest.hexdigest(), signature, payload, hashlib.md5(b"x").hexdigest()[:8]])
        url = urlparse("http://Host:80/a/b?c=1&d=x+y#f")
        parts = [url.path, url.query, url.hostname, url.port, url.netloc, url.fragment, parse_qs(url.query), url.geturl()]
        joined = [urljoin("http://a/b/c", part) for part in ["d", "/d", "../d", "?e=1", "http://f/g"]]
        self.client.post("/urls", json=[parts, joined, unquote("a%20%C3%A9"), quote_plus("a b/"), urlencode({"a": [1, 2]}, doseq=True)])
        pairs = [list(pair) for pair in itertools.combinations([1, 2, 3], 2)]
        longest = [list(pair) for pair in itertools.zip_longest([1, 2], [3], fillvalue=0)]
        self.client.post("/lists", json=[pairs, longest, list(itertools.islice(itertools.count(), 2, 8, 2))])
        text = "Hello World"
        self.client.post(
            "/texts",
            json=[text.partition(" "), text.rpartition("o"), text.swapcase(), text.center(14, "*"), text.rfind("o"), "a-b-c".rsplit("-", 1)],
        )
        self.client.post("/tests", json=[text.isalpha(), "a1".isalnum(), "A".isupper(), isinstance(text, (list, str)), callable(text), divmod(7, 2)])
