#!lua name=bench
-- The Redis step of the native candidate: a call is a member of its tenant's, node's and pool's sorted set, scored by
-- expiry. Keys: the pool's hash tag. Arguments: tenant, Call-ID.

local nodes = NODES

local function now()
  local time = redis.call("TIME")
  return tonumber(time[1])
end

local function keys(tag, tenant)
  return tag .. ":calls", tag .. ":tenant:" .. tenant
end

redis.register_function("bench_admit", function(key, args)
  local tag, tenant, call = key[1], args[1], args[2]
  local pool, own = keys(tag, tenant)
  local time = now()
  redis.call("ZREMRANGEBYSCORE", own, "-inf", time)
  if redis.call("ZCARD", own) >= 100000 then
    return "no|tenant-limit|5"
  end
  local best, least = nil, nil
  for index = 1, #nodes do
    local load = redis.call("ZCARD", tag .. ":node:" .. nodes[index].id)
    if least == nil or load < least then
      best, least = nodes[index], load
    end
  end
  redis.call("ZADD", own, time + 180, call)
  redis.call("ZADD", pool, time + 180, call)
  redis.call("ZADD", tag .. ":node:" .. best.id, time + 180, call)
  redis.call("HSET", tag .. ":where", call, best.id)
  return "ok|" .. best.id .. "|" .. best.uri
end)

redis.register_function("bench_confirm", function(key, args)
  local tag, tenant, call = key[1], args[1], args[2]
  local pool, own = keys(tag, tenant)
  local expiry = now() + 3600
  redis.call("ZADD", own, "XX", expiry, call)
  redis.call("ZADD", pool, "XX", expiry, call)
  local node = redis.call("HGET", tag .. ":where", call)
  if node then
    redis.call("ZADD", tag .. ":node:" .. node, "XX", expiry, call)
  end
  return "ok"
end)

redis.register_function("bench_release", function(key, args)
  local tag, tenant, call = key[1], args[1], args[2]
  local pool, own = keys(tag, tenant)
  redis.call("ZREM", own, call)
  redis.call("ZREM", pool, call)
  local node = redis.call("HGET", tag .. ":where", call)
  if node then
    redis.call("ZREM", tag .. ":node:" .. node, call)
    redis.call("HDEL", tag .. ":where", call)
  end
  return "ok"
end)
