-- What every script of wrk has in common: answers are counted by what they say, and told at the end as a line of JSON.
-- A script counts in `sent` what it has sent.
local odd = {}

sent, answered, accepted, oddly = 0, 0, 0, ""

function setup(thread) reader = thread end

function response(status, headers, body)
  answered = answered + 1
  if status == 200 then accepted = accepted + 1 return end
  local said = status .. " " .. (body:match('"code":"([%w-]+)"') or "?")
  odd[said] = (odd[said] or 0) + 1
  local parts = {}
  for name, count in pairs(odd) do parts[#parts + 1] = "\"" .. name .. "\":" .. count end
  oddly = table.concat(parts, ",")
end

function done(summary, latency)
  local spread = {}
  for _, share in ipairs({ 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99 }) do
    spread[#spread + 1] = string.format("[%g,%.3f]", share, latency:percentile(share) / 1000)
  end
  local errors = summary.errors
  io.write(string.format(
    "\n{\"sent\":%d,\"answered\":%d,\"accepted\":%d,\"others\":{%s},\"unanswered\":%d,\"seconds\":%.6f,\"latencyMs\":[%s]}\n",
    reader:get("sent"), reader:get("answered"), reader:get("accepted"), reader:get("oddly"),
    errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6,
    table.concat(spread, ",")))
end
