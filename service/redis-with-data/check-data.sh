#!/bin/sh
# Checks that Redis holds the dataset it was built with. Used by the chart's PostStart hook.
# usage: check-data.sh [VERSION]    exit 0: the data is there (and is VERSION); 1: it is not, with one line that says why
set -eu

expected=${1:-}
port=${REDIS_PORT:-6379}
waited=0

# While it loads, Redis answers LOADING; before it listens, redis-cli cannot connect.
until [ "$(redis-cli -p "$port" ping 2>/dev/null)" = PONG ]; do
  if [ "$waited" -ge "${CHECK_TIMEOUT_SECONDS:-60}" ]; then
    echo "check-data: Redis did not answer within ${waited} s" >&2
    exit 1
  fi
  sleep 1
  waited=$((waited + 1))
done

version=$(redis-cli -p "$port" get autocomplete:current)
if [ -z "$version" ]; then
  echo "check-data: no dataset: the key autocomplete:current is empty" >&2
  exit 1
fi
if [ -n "$expected" ] && [ "$version" != "$expected" ]; then
  echo "check-data: wrong dataset: Redis holds version $version, the chart asks for $expected" >&2
  exit 1
fi
if [ -z "$(redis-cli -p "$port" get "autocomplete:$version:index")" ]; then
  echo "check-data: the dataset $version is not whole: its index is missing" >&2
  exit 1
fi
echo "check-data: dataset $version is loaded"
