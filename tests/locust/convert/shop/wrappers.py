"""Decorators."""

import functools
import logging

RETRIES = 2


def checked(status=200, errors=(KeyError, ValueError)):
    """Requests a page after each call of a method, and another one if the method fails."""

    def decorator(func):
        @functools.wraps(func)
        def wrapper(self, *args, **kwargs):
            logging.debug("calling %s", func.__name__)
            try:
                result = func(self, *args, **kwargs)
            except errors as error:
                self.client.get(f"/error/{func.__name__}/{status}/{error}")
                raise
            finally:
                self.client.get("/finally")
            return result

        return wrapper

    return decorator


def twice(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        func(*args, **kwargs)
        return func(*args, **kwargs)

    return wrapper


def first_path(func):
    def inner(client, path):
        return func(client, path + "/first")

    return inner
