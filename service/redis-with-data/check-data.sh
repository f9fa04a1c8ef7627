#!/bin/sh
# Checks that Redis holds the dataset it was built with. Used by the chart's PostStart hook.
# usage: check-data.sh [VERSION]    exit 0: the data is there (and is VERSION); 1: it is not, with one line that says why
set -eu

# Kubernetes shows what a hook prints to nobody, but what stands in this file in the pod's status.
termination_log=${TERMINATION_LOG:-/dev/termination-log}

fail() {
  echo "check-data: $1" >&2
  if [ -w "$termination_log" ]; then echo "check-data: $1" >"$termination_log"; fi
  exit 1
}

expected=${1:-}
port=${REDIS_PORT:-6379}
waited=0

# While it loads, Redis answers LOADING; before it listens, redis-cli cannot connect.
until [ "$(redis-cli -p "$port" ping 2>/dev/null)" = PONG ]; do
  if [ "$waited" -ge "${CHECK_TIMEOUT_SECONDS:-60}" ]; then
    fail "Redis did not answer within ${waited} s"
  fi
  sleep 1
  waited=$((waited + 1))
done

version=$(redis-cli -p "$port" get autocomplete:current)
if [ -z "$version" ]; then
  fail "no dataset: the key autocomplete:current is empty"
fi
if [ -n "$expected" ] && [ "$version" != "$expected" ]; then
  fail "wrong dataset: Redis holds version $version, the chart asks for $expected"
fi
if [ -z "$(redis-cli -p "$port" get "autocomplete:$version:meta")" ]; then
  fail "the dataset $version is not whole: its meta is missing"
fi
echo "check-data: dataset $version is loaded"
