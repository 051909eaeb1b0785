-- One round trip of a node's budget: what it holds, what the API said, what it wants. Times are microseconds of this server's clock.
--
-- KEYS  1 the state (hash), 2-4 the calls of the second, minute and hour (lists), 5 who holds reserved places (hash)
-- ARGV  1 what the node says and asks for (budgetAsk), as JSON
--
-- An entry of a list is "time:calls", oldest first. A call's time is the last moment at which it may leave: a permit is good for a while, and
-- counts until its window has passed behind that.
local ask = cjson.decode(ARGV[1])
local function text(n) return string.format('%.0f', n) end

local state = {}
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do state[stored[i]] = tonumber(stored[i + 1]) end

-- The clock never runs back here: where the server's does, as behind a failover, it goes on from where it was.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2]) + (state.offset or 0)
if now < (state.latest or 0) then
  state.offset = (state.offset or 0) + state.latest - now
  now = state.latest
end
state.latest = now

local function entry(s)
  local at, calls = string.match(s, '^(%d+):(%d+)$')
  return tonumber(at), tonumber(calls)
end

local function usable(limit)
  if limit <= 0 then return 0 end
  return math.max(1, math.floor(limit * 97 / 100))
end

local windows = {}
for i, name in ipairs({'second', 'minute', 'hour'}) do
  local w = {name = name, list = KEYS[1 + i], length = ({1000000, 60000000, 3600000000})[i], limit = usable(ask.limits[i])}
  w.calls = state[name] or 0
  while w.calls > 0 do
    local first = redis.call('LINDEX', w.list, 0)
    if not first then w.calls = 0 break end
    local at, calls = entry(first)
    if at + w.length > now then break end
    redis.call('LPOP', w.list)
    w.calls = w.calls - calls
  end
  w.told, w.toldUntil = state[name .. ':told'] or 0, state[name .. ':toldUntil'] or 0
  w.foreign, w.foreignUntil = state[name .. ':foreign'] or 0, state[name .. ':foreignUntil'] or 0
  if ask.forget or now >= w.toldUntil then w.told, w.toldUntil = 0, 0 end
  if ask.forget or now >= w.foreignUntil then w.foreign, w.foreignUntil = 0, 0 end
  windows[i] = w
end
local second, minute, hour = windows[1], windows[2], windows[3]

local function most(w)
  if w.told > 0 then return math.min(w.limit, usable(w.told)) end
  return w.limit
end

local function left(w, reserved)
  if w.limit == 0 then return 1000000000 end
  return math.max(0, most(w) - w.calls - w.foreign - reserved)
end

-- wait is how long until there is room for one more call beside the reserved places; a second where only a release can make room.
local function wait(w, reserved)
  if left(w, reserved) > 0 then return 0 end
  local leaves = w.calls + w.foreign + reserved - most(w) + 1
  local at = now + 1000000
  if leaves <= w.calls then
    for _, s in ipairs(redis.call('LRANGE', w.list, 0, leaves - 1)) do
      local when, calls = entry(s)
      leaves = leaves - calls
      if leaves <= 0 then at = when + w.length break end
    end
  end
  if w.foreign > 0 then at = math.min(at, w.foreignUntil) end
  return math.max(1, at - now)
end

-- count notes calls that leave within ask.valid. Beyond ask.exact calls a window is counted in slots of a 200th of its length, each as
-- of its end: a call counts for at most that much too long, never too short.
local function count(calls)
  for _, w in ipairs(windows) do
    if w.limit > 0 then
      local at = now + ask.valid
      if w.limit > ask.exact then
        local slot = w.length / 200
        at = math.ceil(at / slot) * slot
      end
      local last = redis.call('LINDEX', w.list, -1)
      local newest, already = 0, 0
      if last then newest, already = entry(last) end
      if newest >= at then
        redis.call('LSET', w.list, -1, text(newest) .. ':' .. text(already + calls))
      else
        redis.call('RPUSH', w.list, text(at) .. ':' .. text(calls))
      end
      w.calls = w.calls + calls
    end
  end
end

-- What the API said.
if ask.penalty > 0 then state.penalty = math.max(state.penalty or 0, now + ask.penalty) end
local penalty = math.max(0, (state.penalty or 0) - now)
for _, n in ipairs(ask.notices) do
  local w = windows[n.window]
  if w.limit > 0 then
    w.foreign, w.foreignUntil = 0, 0
    w.told, w.toldUntil = n.limit, now + math.min(w.length, ask.heeded)
    local foreign = left(w, 0) - usable(math.min(n.remaining, n.limit))
    if foreign > 0 then
      w.foreign, w.foreignUntil = foreign, now + math.min(n.reset, w.length, ask.heeded)
    end
  end
end

-- Reserved places: those of nodes whose lease is over are free again.
local own, others = 0, 0
local held = redis.call('HGETALL', KEYS[5])
for i = 1, #held, 2 do
  local ends, places = entry(held[i + 1])
  if held[i] == ask.holder then
    own = places
  elseif ends <= now then
    redis.call('HDEL', KEYS[5], held[i])
  else
    others = others + places
  end
end
local function room() return math.min(left(minute, own + others), left(hour, own + others)) end
-- The node knows best what it holds. More than is known here was lost here, or is a permit that it did not use: as far as there is room.
if ask.held > own then own = own + math.min(ask.held - own, room()) else own = ask.held end

local fromReserve, reserveWait = 0, 0
local rest = ask.rest
if ask.reserved > 0 then
  if own == 0 then
    rest = math.max(rest, 1) -- nothing is left of what was reserved: it is a call like any other
  else
    reserveWait = math.max(penalty, wait(second, 0))
    if reserveWait == 0 then
      fromReserve = math.min(ask.reserved, own, left(second, 0))
      own = own - fromReserve
      count(fromReserve)
    end
  end
end

local granted = {}
for i, n in ipairs(ask.reserve) do
  granted[i] = 0
  if penalty == 0 and n <= room() then
    own = own + n
    granted[i] = 1
  end
end

local fromRest, restWait = 0, 0
if rest > 0 then
  restWait = math.max(penalty, wait(second, 0), wait(minute, own + others), wait(hour, own + others))
  if restWait == 0 then
    fromRest = math.min(rest, left(second, 0), room())
    count(fromRest)
  end
  if ask.reserved > 0 and ask.rest == 0 then
    fromReserve, reserveWait, fromRest, restWait = fromRest, restWait, 0, 0
  end
end

-- Remember.
local function use(w)
  if w.limit == 0 then return '0' end
  return string.format('%.6f', math.min(1, (w.calls + w.foreign + own + others) / most(w)))
end
local fields = {'latest', text(state.latest), 'offset', text(state.offset or 0), 'penalty', text(state.penalty or 0)}
for _, w in ipairs(windows) do
  for _, f in ipairs({{w.name, w.calls}, {w.name .. ':told', w.told}, {w.name .. ':toldUntil', w.toldUntil},
    {w.name .. ':foreign', w.foreign}, {w.name .. ':foreignUntil', w.foreignUntil}}) do
    fields[#fields + 1] = f[1]
    fields[#fields + 1] = text(f[2])
  end
end
redis.call('HSET', KEYS[1], unpack(fields))
if own > 0 then
  redis.call('HSET', KEYS[5], ask.holder, text(now + ask.lease) .. ':' .. text(own))
else
  redis.call('HDEL', KEYS[5], ask.holder)
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 7500000) end
return {own, fromReserve, reserveWait, fromRest, restWait, penalty, use(minute), use(hour), granted}
