package claims

import (
	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/redis/link"
)

// scripts are the operations on attempts and phones. Each is one round trip, reads the time of the server, and gets its own numbers as ARGV:
// times are in milliseconds, ARGV[1] is added to the server's time (tests pass time so; else it is 0). What is written is computed from what
// was read, so that a script that fails has written nothing but its last step.
type scripts struct {
	enter, await, leave, conclude *goredis.Script
	claim, record, polled, end    *goredis.Script
}

func newScripts() scripts {
	return scripts{
		enter:    goredis.NewScript(luaClock + luaAttempt + luaPlace + luaEnter),
		await:    goredis.NewScript(luaClock + luaAttempt + luaPlace + luaAwait),
		leave:    goredis.NewScript(luaClock + luaAttempt + luaLeave),
		conclude: goredis.NewScript(luaClock + luaAttempt + luaConclude),
		claim:    goredis.NewScript(luaClock + luaPhone + luaClaim),
		record:   goredis.NewScript(luaClock + luaPhone + luaRecord),
		polled:   goredis.NewScript(luaClock + luaPhone + luaPolled),
		end:      goredis.NewScript(luaClock + luaPhone + luaEnd),
	}
}

// Commands are those that the scripts have Redis do.
func Commands() []string {
	return link.Called(luaClock, luaAttempt, luaPlace, luaEnter, luaAwait, luaLeave, luaConclude, luaPhone, luaClaim, luaRecord, luaPolled, luaEnd)
}

// luaClock has the time and how numbers are written: whole, whatever their size.
const luaClock = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000) + ARGV[1]
local function whole(n) return string.format('%.0f', n) end
local function number(text) return tonumber(text or '') or 0 end
local function gone(from)
  local dead = {}
  for i = from, #ARGV do dead[ARGV[i]] = true end
  return dead
end
`

// luaAttempt reads an attempt. Its fields:
//
//	i  its ID, bound to its key      n  the node that leads it; empty: it was left
//	e  until when somebody waits     v  it is concluded          y  its answer, sealed
//	o j d w  until when followers, copies, the very same packet, and the next attempt are told of it
//	c  how many exchanges entered    x:DIGEST  one of them       m:NODE  a node that follows
//
// ARGV[2] is the node, ARGV[3] the attempt's ID as it is kept, ARGV[4] what the channels of nodes begin with.
const luaAttempt = `
local key, self, id = KEYS[1], ARGV[2], ARGV[3]
local got = redis.call('HMGET', key, 'i', 'n', 'e', 'v', 'y', 'j', 'd', 'w', 'c')
local a = {i = got[1], n = got[2], e = number(got[3]), v = got[4], y = got[5] or '', j = number(got[6]), d = number(got[7]), w = number(got[8]), c = number(got[9])}
local open = a.i and not a.v and now < a.e
local function tell()
  local followers = 0
  for _, f in ipairs(redis.call('HKEYS', key)) do
    if string.sub(f, 1, 2) == 'm:' then
      redis.call('PUBLISH', ARGV[4] .. string.sub(f, 3), 'attempt\n' .. key)
      followers = followers + 1
    end
  end
  return followers
end
`

// luaPlace is the node's in an open attempt: it takes one over that nobody leads.
const luaPlace = `
local function place(dead)
  if a.n == '' or a.n == self or dead[a.n] then
    redis.call('HSET', key, 'n', self)
    return {'leads', a.i, 1, ''}
  end
  redis.call('HSET', key, 'm:' .. self, 1)
  return {'follows', a.i, a.n}
end
`

// luaEnter: ARGV[5] the exchange, ARGV[6] its life with Grace (0: it only joins), ARGV[7] how many exchanges are remembered, ARGV[8] Grace, then who is dead. One that
// nobody leads is begun anew behind its life.
const luaEnter = `
local exchange = 'x:' .. ARGV[5]
local function enters()
  if a.c < tonumber(ARGV[7]) and redis.call('HSETNX', key, exchange, 1) == 1 then redis.call('HINCRBY', key, 'c', 1) end
end
if tonumber(ARGV[6]) == 0 then
  if a.i ~= id or not open and not (a.v and now < a.d) then return {'lost'} end
  enters()
  if open then return {'follows', a.i, a.n} end
  return {'over', a.i, a.y}
end
local dead = gone(9)
local led = open and a.n ~= '' and not dead[a.n]
if open and (led or now < a.e - ARGV[8]) then
  enters()
  local ends = math.max(a.e, now + ARGV[6])
  redis.call('HSET', key, 'e', whole(ends))
  redis.call('PEXPIRE', key, whole(ends - now + 1000))
  return place(dead)
end
if a.i and a.v and (now < a.j or now < a.d and redis.call('HEXISTS', key, exchange) == 1) then
  enters()
  return {'over', a.i, a.y}
end
local renews = ''
if a.i and a.v and now < a.w then renews = a.i end
tell()
redis.call('DEL', key)
redis.call('HSET', key, 'i', id, 'n', self, 'e', whole(now + ARGV[6]), 'c', 1, exchange, 1)
redis.call('PEXPIRE', key, whole(ARGV[6] + 1000))
return {'leads', id, 0, renews}
`

// luaAwait: who is dead from ARGV[5] on.
const luaAwait = `
if a.i ~= id then return {'lost'} end
if a.v then return {'over', a.i, a.y} end
if not open then return {'lost'} end
return place(gone(5))
`

// luaLeave: ARGV[5] whether it is gone where nobody follows.
const luaLeave = `
if a.i ~= id or a.n ~= self or not open then return {'lost'} end
redis.call('HSET', key, 'n', '')
if tell() == 0 and ARGV[5] == '1' then redis.call('DEL', key) end
return {'done'}
`

// luaConclude: ARGV[5] the answer, ARGV[6] to ARGV[9] how long followers, copies, the very same packet, and the next attempt are told.
const luaConclude = `
if a.i ~= id or a.n ~= self then return {'lost'} end
if a.v then return {'done'} end
if not open then return {'lost'} end
redis.call('HSET', key, 'v', 1, 'y', ARGV[5], 'j', whole(now + ARGV[7]), 'd', whole(now + ARGV[8]), 'w', whole(now + ARGV[9]))
redis.call('PEXPIRE', key, whole(math.max(ARGV[6], ARGV[7], ARGV[8], ARGV[9]) + 1000))
tell()
return {'done'}
`

// luaPhone reads a phone. Its fields, of which times count until they are past:
//
//	f  the last fence
//	t a n u  the claim that holds it, or was left: its token, attempt, node, and until when
//	q  when it was left              c  it has collided
//	g r o    how far its push has come (sealed), whether it rang, and of which attempt that is
//	ou ot    where that was inherited: how long what is found counts, and the token of the lapsed claim
//	h x s k  until when nobody may push, an approval may come late, one may be read again, and the phone is known
//	lt la lu lg  the lapsed claim: token, attempt, until when, how far (sealed)
//	va vu vr     the approval that waits for the login that renews its attempt: which, until when, answer (sealed)
//
// ARGV[2] is cluster.Young. A field that is set to false is gone.
const luaPhone = `
local key, young = KEYS[1], tonumber(ARGV[2])
local p, changed = {}, {}
local raw = redis.call('HGETALL', key)
for i = 1, #raw, 2 do p[raw[i]] = raw[i + 1] end
local function at(f) return number(p[f]) end
local function put(f, v)
  if type(v) == 'number' then v = whole(v) end
  p[f] = v or nil
  changed[f] = v
end
local function later(f, v) if v > at(f) then put(f, v) end end
local function earlier(f, v) if p[f] and v < at(f) then put(f, v) end end
local function drop() for _, f in ipairs({'t', 'a', 'n', 'u', 'q', 'c', 'g', 'r', 'o', 'ou', 'ot'}) do put(f, false) end end
if p.t and now >= at('u') + young then drop() end -- whatever it left behind is over as well
local function lapse() for _, f in ipairs({'lt', 'la', 'lu', 'lg'}) do put(f, false) end end
local function holds(dead) return p.t and not p.q and not dead[p.n] and now < at('u') end
local function keep()
  local set, del = {}, {}
  for f, v in pairs(changed) do
    if v then set[#set + 1] = f; set[#set + 1] = v else del[#del + 1] = f end
  end
  if #del > 0 then redis.call('HDEL', key, unpack(del)) end
  if #set > 0 then redis.call('HSET', key, unpack(set)) end
  local last = math.max(now, at('h'), at('x'), at('s'), at('k'), at('lu'), at('vu'))
  if p.t then last = math.max(last, at('u') + young) end
  redis.call('PEXPIRE', key, whole(last - now + 1000))
end
`

// luaClaim: KEYS[2] the bucket's epoch, KEYS[3] how the attempt ended; ARGV[3] the node, ARGV[4] the attempt, ARGV[5] the one that it
// renews, ARGV[6] whether both are denied, ARGV[7] the life with Grace, ARGV[8] the nonce, ARGV[9] what the channels of nodes begin with, then
// who is dead.
const luaClaim = `
local self, attempt, renews, dead = ARGV[3], ARGV[4], ARGV[5], gone(10)
local born = tonumber(redis.call('GET', KEYS[2]) or '')
if not born then
  born = now
  redis.call('SET', KEYS[2], whole(now))
end
local function take(g, r, o, ou, ot)
  drop()
  local fence = at('f') + 1
  put('f', fence)
  put('t', whole(fence) .. ':' .. ARGV[8] .. ':' .. attempt)
  put('a', attempt)
  put('n', self)
  put('u', now + ARGV[7])
  put('g', g)
  put('r', r)
  put('o', o)
  put('ou', ou)
  put('ot', ot)
  local history = 0
  if at('x') > now then history = 1
  elseif at('s') > now then history = 2
  elseif at('k') > now or now - born >= young then history = 3 end
  local late = 0
  if o and o ~= attempt then late = math.max(0, number(ou) - now) end
  keep()
  return {'granted', fence, history, r and 1 or 0, o or '', late, g or ''}
end
if p.a == attempt then
  if p.c then return {'taken', attempt} end
  return take(p.g or false, p.r or false, p.o or false, p.ou or false, p.ot or false)
end
local ended = redis.call('HMGET', KEYS[3], 'v', 'c', 'y', 'u')
if ended[1] and now < number(ended[4]) then
  if ended[2] then return {'taken', attempt} end
  return {'concluded', ended[3] or ''}
end
if holds(dead) then
  if ARGV[6] == '1' and not p.c then
    put('c', '1')
    keep()
    redis.call('PUBLISH', ARGV[9] .. p.n, 'collided\n' .. p.a)
  end
  return {'taken', p.a}
end
if p.r then
  local last = math.min(now, at('u'))
  if p.q then last = math.min(last, at('q')) end
  later('x', last + young)
end
drop()
local late, answer = renews ~= '' and p.va == renews and now < at('vu'), p.vr
put('va', false)
put('vu', false)
put('vr', false)
local inherits = renews ~= '' and p.la == renews and now < at('lu')
if late then
  lapse()
  keep()
  return {'late', answer or ''}
end
if at('h') > now then
  if not inherits then lapse() end
  keep()
  return {'held', at('h') - now}
end
if not inherits then
  lapse()
  return take(false, false, false, false, false)
end
local g, ou, ot = p.lg, p.lu, p.lt
lapse()
return take(g, '1', renews, ou, ot)
`

// luaRecord: ARGV[3] the token, ARGV[4] the attempt, ARGV[5] how far the push has come, ARGV[6] whether it rang.
const luaRecord = `
if p.t ~= ARGV[3] or p.q then return {'lost'} end
if p.c then return {'collided'} end
put('g', ARGV[5])
put('r', ARGV[6] == '1' and '1')
put('o', ARGV[4])
keep()
return {'done'}
`

// luaPolled: ARGV[3] the token, ARGV[4] how long what was approved may live.
const luaPolled = `
local token = ARGV[3]
if (p.t ~= token or p.q) and p.lt ~= token and p.ot ~= token then return {'lost'} end
earlier('x', now + ARGV[4])
earlier('s', now + ARGV[4])
keep()
return {'done'}
`

// luaEnd: KEYS[2] how the attempt ended: over (v), collided (c), its answer (y, sealed), the last end (k) and what it was told (z), until when
// (u). ARGV[3] the token, ARGV[4] the attempt, ARGV[5] the kind, ARGV[6] the answer, ARGV[7] what this end is known by,
// ARGV[8] cluster.EndKept, ARGV[9] hold, ARGV[10] taint, ARGV[11] clears, ARGV[12] spent, ARGV[13] known, ARGV[14] late, ARGV[15] what the
// channels of nodes begin with, then who is dead.
const luaEnd = `
local token, attempt, kind = ARGV[3], ARGV[4], ARGV[5]
local was = redis.call('HMGET', KEYS[2], 'v', 'k', 'z', 'u')
if now >= number(was[4]) then
  redis.call('DEL', KEYS[2])
  was = {}
end
if was[2] == ARGV[7] then return {was[3]} end
local said = 'done'
if p.lt == token and now < at('lu') and (kind == 'found' or kind == 'ended') then
  lapse()
  if kind == 'found' then
    put('va', attempt)
    put('vu', now + ARGV[14])
    put('vr', ARGV[6])
  end
elseif kind == 'found' and p.ot == token and now < at('ou') and holds(gone(16)) and not p.c then
  redis.call('PUBLISH', ARGV[15] .. p.n, 'approved\n' .. p.a .. '\n' .. attempt .. '\n' .. key .. '\n' .. ARGV[6])
elseif p.t ~= token or p.q or kind == 'found' then
  return {'lost'}
else
  local g = p.g
  if p.c then said = 'collided' end
  if kind == 'left' then put('q', now) else drop() end
  if kind == 'lapsed' and said == 'done' then
    put('lt', token)
    put('la', attempt)
    put('lu', now + ARGV[14])
    put('lg', g or false)
  end
end
if ARGV[11] == '1' then
  put('x', false)
  put('s', false)
end
if tonumber(ARGV[9]) > 0 then later('h', now + ARGV[9]) end
if tonumber(ARGV[10]) > 0 then later('x', now + ARGV[10]) end
if tonumber(ARGV[12]) > 0 then later('s', now + ARGV[12]) end
if ARGV[13] == '1' then put('k', now + young) end
keep()
redis.call('HSET', KEYS[2], 'k', ARGV[7], 'z', said, 'u', whole(now + ARGV[8]))
if not was[1] and (kind == 'ended' or kind == 'lapsed') then
  redis.call('HSET', KEYS[2], 'v', 1, 'y', ARGV[6])
  if said == 'collided' then redis.call('HSET', KEYS[2], 'c', 1) end
end
redis.call('PEXPIRE', KEYS[2], ARGV[8])
return {said}
`
