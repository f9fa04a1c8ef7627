"""The reference report's stack: FastAPI on Gunicorn with Uvicorn workers, uvloop and httptools, redis-py with
hiredis and a connection pool, one ZREVRANGE per query. Reads the sorted sets that servers.ts loads."""

from os import environ
from typing import Annotated

from fastapi import FastAPI, Query
from redis.asyncio import ConnectionPool, Redis

KEY_PREFIX = "z:"

redis = Redis(
    connection_pool=ConnectionPool.from_url(
        environ["REDIS_URL"], max_connections=200, socket_keepalive=True, decode_responses=True
    )
)
app = FastAPI()


@app.get("/autocomplete")
async def autocomplete(
    q: Annotated[str, Query(min_length=1, max_length=64)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
):
    best = await redis.zrevrange(KEY_PREFIX + q.lower(), 0, limit - 1, withscores=True)
    return {"query": q, "suggestions": [{"text": text, "score": score} for text, score in best]}


@app.get("/health")
async def health():
    await redis.ping()
    return {"status": "ok"}
