-- A wrk script. The connections share one list of paths, read from a file with one path per line. load.ts reads the
-- output. Arguments: the file; the line to start at; `typing` (users pause for 0.05 to 0.2 s before every request) or
-- `nonstop` (users do not pause); the number of typing users; the number of seconds over which they start.
local ffi = require('ffi')
ffi.cdef('typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *now);')
local MONOTONIC = 1

local requests = {}
local at = 0
local moment = ffi.new('moment')
local users

local function now()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

local function count()
  if now() >= countFrom then counted = counted + 1 end
end

-- wrk calls `setup` and `done` in the same Lua state. `done` uses `users` to read the variables of the only thread.
function setup(thread) users = thread end

function init(args)
  for path in io.lines(args[1]) do requests[#requests + 1] = wrk.format('GET', path) end
  at = tonumber(args[2]) % #requests
  local starting = 0
  local rampUp = 0
  if args[3] == 'typing' then
    starting = tonumber(args[4])
    rampUp = tonumber(args[5])
    -- wrk looks for this function only after init. It opens all connections at once. While the server accepts them,
    -- queries would wait, so users send their first query in the second half of the ramp-up.
    function delay()
      if starting > 0 then
        starting = starting - 1
        return math.random(math.max(50, rampUp * 500), math.max(200, rampUp * 1000))
      end
      -- After the start, wrk calls this function once per answer, so count the answer.
      count()
      return math.random(50, 200)
    end
  end
  -- Requests are counted from the time when all users have started.
  counted = 0
  countFrom = now() + rampUp
  -- Standard error is not buffered.
  io.stderr:write('started\n')
end

function request()
  if not delay then count() end
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"micros":%d,"p50":%d,"p95":%d,"p99":%d,"p999":%d,"status":%d,"socket":%d}\n',
    users:get('counted'), (now() - users:get('countFrom')) * 1e6,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency:percentile(99.9),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
