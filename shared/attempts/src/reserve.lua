-- Reserves an attempt in every counter, or in none. Returns -1 when reserved; 0 when only guesses under way fill a
-- counter; else for how many ms its misses do.
-- KEYS: the counters, each a hash: under `missed` the misses, under every other name a guess that is under way, with
-- the number of requests that make it. ARGV: the guess, then for each counter its limit and its window in ms.
local guess = ARGV[1]
local wait = -1
for i, key in ipairs(KEYS) do
    local limit = tonumber(ARGV[2 * i])
    local missed = tonumber(redis.call('HGET', key, 'missed') or 0)
    local taken = missed + redis.call('HLEN', key)
    if missed > 0 then
        taken = taken - 1
    end
    if redis.call('HEXISTS', key, guess) == 0 then
        taken = taken + 1
    end
    if missed >= limit then
        wait = math.max(wait, redis.call('PTTL', key), 1)
    elseif taken > limit then
        wait = math.max(wait, 0)
    end
end
if wait >= 0 then
    return wait
end
for i, key in ipairs(KEYS) do
    redis.call('HINCRBY', key, guess, 1)
    if redis.call('PTTL', key) < 0 then
        redis.call('PEXPIRE', key, ARGV[2 * i + 1])
    end
end
return -1
