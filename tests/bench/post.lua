-- wrk: posts the bodies of a file (one a line) in turn and prints its figures as one JSON line.
--   wrk ... -s post.lua URL -- BODIES [TOKEN]
local requests = {}
local next_request = 0

function init(args)
   local headers = { ["Content-Type"] = "application/json" }
   if args[2] then
      headers["Authorization"] = "Bearer " .. args[2]
   end
   for body in io.lines(args[1]) do
      requests[#requests + 1] = wrk.format("POST", nil, headers, body)
   end
end

function request()
   next_request = next_request % #requests + 1
   return requests[next_request]
end

function done(summary, latency, _)
   local errors = summary.errors
   print(string.format(
      '{"requests": %d, "seconds": %.6f, "p50_ms": %.4f, "p90_ms": %.4f, "p99_ms": %.4f, '
         .. '"max_ms": %.4f, "not_2xx": %d, "broken": %d}',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
      latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
