"""Enumerations, dataclasses, named tuples, and static and class methods."""

from abc import ABC, abstractmethod
from collections import namedtuple
from dataclasses import asdict, dataclass, field
from enum import Enum, IntEnum, auto
from typing import ClassVar, List, NamedTuple, Optional, TypedDict

from locust import HttpUser, constant, task


class Endpoint(Enum):
    SEARCH = "/search"
    CART = "/cart"

    def item(self, number):
        return f"{self.value}/{number}"


class Role(str, Enum):
    ADMIN = "admin"
    GUEST = "guest"


class Level(IntEnum):
    LOW = auto()
    HIGH = auto()


@dataclass
class Thing:
    id: int
    kinds: ClassVar[int] = 3

    def path(self) -> str:
        return f"/things/{self.id}"


@dataclass(order=True)
class Product(Thing):
    name: str = "none"
    price: float = 9.5
    tags: List[str] = field(default_factory=list)
    note: Optional[str] = None

    def __post_init__(self):
        self.name = self.name.title()


class Point(NamedTuple):
    x: int
    y: int = 2


class Order(TypedDict):
    sku: str
    count: int


Item = namedtuple("Item", ["sku", "size"])
ITEMS = [Item("a", 1), Item(sku="b", size=2)]


class Client(ABC):
    prefix = "/api"
    created = None

    def __init__(self, user, version=1):
        self.client = user.client
        self.version = version

    @classmethod
    def of(cls, user):
        if cls.created is None:
            cls.created = cls(user)
        return cls.created

    @staticmethod
    def pad(number, width=4):
        return str(number).zfill(width)

    @staticmethod
    def combine(*parts):
        return "/".join(parts)

    @property
    def base(self):
        return f"{self.prefix}/v{self.version}"

    @abstractmethod
    def kind(self):
        pass

    def get(self, path, **kwargs):
        kwargs.setdefault("headers", {})["X-Extra"] = self.kind()
        return self.client.get(self.base + path, **kwargs)

    def send(self, path, retries=1, **kwargs):
        return self.client.post(self.base + path, **kwargs)

    def __str__(self):
        return f"client-{self.version}"


class PlainClient(Client):
    prefix = "/plain"

    def __init__(self, user, version=2):
        super().__init__(user, version)

    def kind(self):
        return "plain"


class ClassesUser(HttpUser):
    wait_time = constant(0)
    role = Role.GUEST

    @task
    def go(self):
        for endpoint in Endpoint:
            self.client.get(endpoint.value, name=endpoint.name)
            self.client.get(endpoint.item(3))
        body = {"role": Role.ADMIN.value, "level": Level.HIGH.value, "own": self.role, "name": Role.ADMIN.name}
        self.client.post("/role", json=body)
        if self.role == Role.GUEST and self.role == "guest" and Endpoint("/cart") is Endpoint.CART:
            names = [each.name for each in Endpoint]
            self.client.get("/names/" + ",".join(names) + f"/{len(Endpoint)}/{Endpoint['CART'].name}/{Endpoint.SEARCH in list(Endpoint)}")
        for product in [Product(1, "pen"), Product(id=2, name="cup", tags=["new"])]:
            self.client.put(product.path(), json=asdict(product))
        first = Product(3)
        first.tags.append("x")
        self.client.get(f"/{first}/{Product(4).tags}/{Product(3) == Product(3)}/{Thing.kinds}")
        point = Point(1)
        x, y = Point(5, 6)
        self.client.get(f"/point/{point.x}/{point.y}/{x}/{y}", params=point._asdict())
        self.client.post("/order", json=[Order(sku="b", count=3), point])
        for sku, size in ITEMS:
            self.client.get(f"/items/{sku}/{size}")
        client = PlainClient.of(self)
        client.get(f"/{client}/{Client.pad(7)}/{client.combine('a', 'b')}", params={"q": "1"})
        client.send("/send", json={"a": 1}, name="sent", headers={"X-Token": "t"})
