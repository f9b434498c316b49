-- wrk -t1 -s bids.lua <url> -- <plan>: quotes that rise with every request, lot after lot, by bidders in turn.
-- The plan is a Lua file that returns {amount, first, per, host, lots, bidders}.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "answers.lua")

local plan, lots, bidders, per, first, amount
local heads, people = {}, {}

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
