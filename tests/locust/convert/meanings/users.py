from locust import HttpUser

path = "/users"


class Base(HttpUser):
    abstract = True
    path = path + "/base"
