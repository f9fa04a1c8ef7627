from math import floor as round

new = "/new"


def first():
    return next(iter(["/apple"]))


def pick():
    from random import choice

    return choice(["/pear"])


def rounded():
    return round(2.6)


def located():
    from meanings import places

    base = "/local"
    return base + places.base
