-- A wrk script that prints the response times as one line of JSON, in milliseconds. All users pause before every request.
-- Arguments: the limits of the pauses in milliseconds, or 0 for no pauses.
function init(args)
  local min, max = tonumber(args[1]), tonumber(args[2])
  if max == 0 then return end
  -- wrk looks for this function only after init.
  function delay() return math.random(min, max) end
end

function done(_, latency)
  local times = {}
  for _, percentile in ipairs({ 50, 95, 99 }) do times[#times + 1] = latency:percentile(percentile) / 1000 end
  io.write(string.format('{"p50Ms":%f,"p95Ms":%f,"p99Ms":%f}\n', unpack(times)))
end
