-- wrk script: one request made from templates for each call. {id} in a path is the next id of a file, {n} in a body a
-- number that no other request has.
-- wrk ... -- METHOD PATH HEADERS BODY IDS   (HEADERS are lines of `Name: value`; IDS is a file with an id in each line;
-- an empty word is none)
-- `thread_number` is a global because setup() can only set globals of a thread.
local method, path, body
local ids = {}
local serial, step = 0, 7919
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("thread_number", threads)
end

function init(args)
  method, path, body = args[1], args[2], args[4]
  for name, value in args[3]:gmatch("([^:\n]+): ([^\n]*)") do wrk.headers[name] = value end
  if body == "" then body = nil end
  if args[5] ~= "" then
    for line in io.lines(args[5]) do ids[#ids + 1] = line end
  end
  serial = tonumber(args[6] or 0)
end

function request()
  serial = serial + 1
  local at, what = path, body
  if #ids > 0 then at = path:gsub("{id}", ids[serial * step % #ids + 1]) end
  if body then what = body:gsub("{n}", thread_number .. "-" .. os.time() .. "-" .. serial) end
  return wrk.format(method, at, nil, what)
end

function done(summary, latency, _)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.timeout
  io.write(string.format('RESULT {"rate": %.1f, "requests": %d, "p50_us": %d, "p99_us": %d, "failed": %d}\n',
    summary.requests / (summary.duration / 1e6), summary.requests, latency:percentile(50), latency:percentile(99), failed))
end
