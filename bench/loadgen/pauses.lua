-- A wrk script. All users pause before every request. Arguments: the limits of the pauses in milliseconds.
function init(args)
  local min, max = tonumber(args[1]), tonumber(args[2])
  -- wrk looks for this function only after init.
  function delay() return math.random(min, max) end
end
