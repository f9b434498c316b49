-- wrk -t1 -s bids.lua <url> -- <plan>: quotes that rise with every request, lot after lot, by bidders in turn.
-- The plan is a Lua file that returns {amount, first, per, host, lots, bidders}; it ends as one line of JSON.
local plan, lots, bidders, per, first, amount
local heads, people = {}, {}
local odd = {}

sent, answered, accepted, oddly = 0, 0, 0, ""

function setup(thread) reader = thread end

function init(args)
  plan = dofile(args[1])
  lots, bidders, per, first, amount = #plan.lots, #plan.bidders, plan.per, plan.first, plan.amount
  for i, lot in ipairs(plan.lots) do
    heads[i] = "POST /v1/auctions/" .. lot .. "/bids HTTP/1.1\r\nHost: " .. plan.host .. "\r\n"
  end
  for i, one in ipairs(plan.bidders) do
    people[i] = "authorization: Bearer " .. one[1] .. "\r\nx-organisation: " .. one[2] ..
      "\r\ncontent-type: application/json\r\ncontent-length: 31\r\n\r\n{\"amountFen\":\""
  end
end

-- Amounts have fifteen digits, so that the length of a body is known before.
function request()
  local lot = (first + sent) % lots
  local turn = math.floor((first + sent) / lots) % per
  local text = heads[lot + 1] .. people[(lot * per + turn) % bidders + 1] ..
    string.format("%.0f", amount + sent) .. "\"}"
  sent = sent + 1
  return text
end

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
