#!/bin/sh
# Checks that Redis has a dataset. The chart's PostStart hook runs it.
# usage: check-data.sh [VERSION]
# exit code 0: Redis has a dataset (of this VERSION); 1: it does not, and one line says why
set -eu

# Kubernetes does not show the output of a hook, but it shows this file in the status of the pod.
termination_log=${TERMINATION_LOG:-/dev/termination-log}

fail() {
  echo "check-data: $1" >&2
  if [ -w "$termination_log" ]; then echo "check-data: $1" >"$termination_log"; fi
  exit 1
}

expected=${1:-}
port=${REDIS_PORT:-6379}
waited=0

# Until Redis listens, redis-cli cannot connect. While Redis loads the data, it answers LOADING.
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
  fail "wrong dataset: Redis has version $version, expected $expected"
fi
if [ -z "$(redis-cli -p "$port" get "autocomplete:$version:meta")" ]; then
  fail "the dataset $version is incomplete: its metadata is missing"
fi
echo "check-data: dataset $version is loaded"
