import shop.users

name = "calls"


def path(part):
    return f"/{name}/{part}"


def filter(values):
    return len(values)


def send(client):
    client.post(path("send"), json={"from": name, "by": shop.users.describe()})
