-- wrk -t1 -s transfers.lua <url> -- <plan>: each transfer once, by people in turn.
-- The plan is a Lua file that returns {path, host, bodies, people}. Whoever has more to send than there are bodies
-- sends empty ones, which are refused: such a load is none.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "answers.lua")

local plan, bodies, people
local heads = {}

function init(args)
  plan = dofile(args[1])
  bodies, people = plan.bodies, #plan.people
  for i, one in ipairs(plan.people) do
    heads[i] = "POST " .. plan.path .. " HTTP/1.1\r\nHost: " .. plan.host .. "\r\nauthorization: Bearer " .. one[1] ..
      "\r\nx-organisation: " .. one[2] .. "\r\ncontent-type: application/json\r\ncontent-length: "
  end
end

function request()
  local body = bodies[sent + 1] or "{}"
  local text = heads[sent % people + 1] .. #body .. "\r\n\r\n" .. body
  sent = sent + 1
  return text
end
