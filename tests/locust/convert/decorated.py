"""Uses decorators that the locustfile and its modules define."""

from functools import wraps

from locust import HttpUser, SequentialTaskSet, constant, tag, task
from shop import wrappers
from shop.wrappers import RETRIES, checked, twice


def retry(times):
    def decorator(function):
        @wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(times):
                try:
                    return function(*args, **kwargs)
                except ValueError as error:
                    args[0].client.get(f"/retry/{function.__name__}/{attempt}/{error}")
            return None

        return wrapper

    return decorator


def suffix(text):
    def decorator(function):
        @wraps(function)
        def wrapper(self, *args, **kwargs):
            return function(self, *args, **kwargs) + text

        return wrapper

    return decorator


@wrappers.first_path
def get(client, path):
    with client.get(path, catch_response=True) as response:
        response.success()
    return response


@twice
def total(a, b=2):
    return a + b


class Steps(SequentialTaskSet):
    attempts = 0

    @task
    @checked(status=RETRIES)
    @twice
    def one(self):
        self.client.get(f"/one/{self.user.label()}/{self.user.label(n=3)}/{total(1)}/{total(1, b=4)}")
        get(self.client, "/page")

    @checked()
    def fail(self, what):
        if what == "key":
            raise KeyError("k")
        raise TypeError("t")

    @tag("a")
    @task
    def two(self):
        for what in ("key", "other"):
            try:
                self.fail(what)
            except Exception as e:
                self.client.get(f"/caught/{type(e).__name__}/{e}")

    @retry(3)
    @task
    def three(self):
        self.attempts += 1
        if self.attempts % 3 != 0:
            raise ValueError(f"attempt {self.attempts}")
        self.client.get(f"/three/{self.attempts}")


class Base(HttpUser):
    abstract = True
    wait_time = constant(0)

    @twice
    def on_start(self):
        self.client.get("/start")

    @suffix("-base")
    def label(self, n=1):
        return f"l{n}"


class DecoratedUser(Base):
    tasks = [Steps]

    @suffix("-user")
    def label(self, n=1):
        return super().label(n) + f"u{n}"
