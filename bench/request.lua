-- wrk script: sends METHOD with the cookie and body prefix given after `--`, one new body per request.
-- wrk ... -- METHOD COOKIE [BODY-PREFIX]   (a body is BODY-PREFIX, a serial number, and `"}`)
-- `thread_number` is a global because setup() can only set globals of a thread.
local method, cookie, prefix
local serial = 0
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("thread_number", threads)
end

function init(args)
  method, cookie, prefix = args[1], args[2], args[3]
  wrk.headers["Cookie"] = cookie
  if prefix then wrk.headers["Content-Type"] = "application/json" end
end

function request()
  if not prefix then return wrk.format(method) end
  serial = serial + 1
  return wrk.format(method, nil, nil, prefix .. thread_number .. "-" .. os.time() .. "-" .. serial .. '"}')
end

function done(summary, latency, _)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.timeout
  io.write(string.format('RESULT {"rate": %.1f, "p50_us": %d, "p99_us": %d, "failed": %d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99), failed))
end
