from .parts import limits_of

total = 0
host_name = "original"
seen = []


def register(name):
    seen.append(name)


def snapshot():
    return f"{total}-{host_name}-{limits_of()}"
