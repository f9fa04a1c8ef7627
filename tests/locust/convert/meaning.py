"""Uses one name with several meanings, in the file and in its helper modules."""

import meanings.users
from locust import constant, task
from meanings import fruits
from meanings.inner import deep
from meanings.listed import *

path = "/root"
new_ = "/new_"


def next(items):
    return "/next"


def choice(items):
    return "/choice"


def outer():
    from random import choice

    return choice(["/random"])


class MeaningUser(meanings.users.Base):
    wait_time = constant(0)

    @task
    def go(self):
        self.client.get(self.path + path)
        self.client.get(next([1]) + fruits.first())
        self.client.get(choice(["/x"]) + outer() + fruits.pick())
        self.client.get(f"/{round(2.6)}/{fruits.rounded()}")
        self.client.get(fruits.located())
        self.client.get(fruits.new + new_)
        self.client.get(deep.VALUE + extra.VALUE)
