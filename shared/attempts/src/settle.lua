-- Ends an attempt: a miss is counted in every counter, or in none when one is full: then returns for how many ms it is.
-- -1 otherwise. KEYS and ARGV as in reserve.lua, but with `hit` or `miss` before the guess.
local outcome, guess = ARGV[1], ARGV[2]
local wait = -1
for i, key in ipairs(KEYS) do
    local missed = tonumber(redis.call('HGET', key, 'missed') or 0)
    if outcome == 'miss' and missed >= tonumber(ARGV[2 * i + 1]) then
        wait = math.max(wait, redis.call('PTTL', key), 1)
    end
end
for i, key in ipairs(KEYS) do
    if outcome == 'miss' and wait < 0 then
        redis.call('HINCRBY', key, 'missed', 1)
        if redis.call('PTTL', key) < 0 then
            redis.call('PEXPIRE', key, ARGV[2 * i + 2])
        end
    end
    -- The window may have ended meanwhile, and the reservation with it.
    if redis.call('HEXISTS', key, guess) == 1 and redis.call('HINCRBY', key, guess, -1) < 1 then
        redis.call('HDEL', key, guess)
    end
end
return wait
