-- A wrk script. Together, all connections request the paths in a file, one per line. load.ts reads the output.
-- Arguments: the file; the line to start at; `typing` (users pause 0.05 to 0.2 s before every request) or `hurried`
-- (users do not pause).
local requests = {}
local at = 0

function init(args)
  for path in io.lines(args[1]) do requests[#requests + 1] = wrk.format('GET', path) end
  at = tonumber(args[2]) % #requests
  -- wrk looks for this function only after init.
  if args[3] == 'typing' then
    function delay() return math.random(50, 200) end
  end
  -- Standard error is not buffered.
  io.stderr:write('started\n')
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"micros":%d,"p50":%d,"p95":%d,"p99":%d,"p999":%d,"status":%d,"socket":%d}\n',
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency:percentile(99.9),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
