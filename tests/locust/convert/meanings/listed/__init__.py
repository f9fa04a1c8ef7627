__all__ = ["extra"]
