"""One request budget for all processes: each step is one script, so that none can overdraw it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from asgard_basis.adapters.bucket import ASK_AGAIN, GRACE, LOOK_AGAIN, SLOT, SLOTS
from asgard_basis.adapters.redis.connection import Redis, redis_errors
from asgard_basis.ports.coordination import Allowance, Priority

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FORGOTTEN_MS = 180_000
"""A bucket nobody used for so long is full."""

# The arithmetic of adapters/bucket.py. KEYS[1] is the bucket; ARGV: what to do, weight, class,
# burst, unit, reserve, and the time in microseconds ('' for the server's own). Whole numbers below
# 2^53 are exact in Lua, but only '%.0f' writes them without an exponent.
_SCRIPT = f"""
local what, weight, class = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local burst, unit, reserve = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local now = tonumber(ARGV[7])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local key, slot = KEYS[1], math.floor(now / {SLOT})
local function whole(number) return string.format('%.0f', number) end
local function field(name) return tonumber(redis.call('HGET', key, name) or '0') end
local function kept(name, number) redis.call('HSET', key, name, whole(number)) end
local full = field('full')
local floor = reserve * ({int(Priority.RISK)} - class)

local function charge()
  full = math.min(now + 2 * burst * unit, math.max(full, now) + weight * unit)
  local place = 'slot' .. slot % {SLOTS}
  if field(place) ~= slot then
    kept(place, slot)
    for class = 0, {int(Priority.RISK)} do redis.call('HDEL', key, place .. ':' .. class) end
  end
  redis.call('HINCRBY', key, place .. ':' .. class, weight)
end

local wait = 0
if what == 'used' then
  local used = {{0, 0, 0, 0}}
  for place = 0, {SLOTS - 1} do
    if field('slot' .. place) > slot - {SLOTS} then
      for class = 0, {int(Priority.RISK)} do
        used[class + 1] = used[class + 1] + field('slot' .. place .. ':' .. class)
      end
    end
  end
  return used
elseif what == 'refused' then
  full = math.max(full, now + (burst - floor) * unit)
elseif what == 'charge' then
  charge()
else
  local have = burst * unit - math.max(0, full - now)
  local need = math.min(weight + floor, burst) * unit
  local higher = 0
  for above = class + 1, {int(Priority.RISK)} do
    higher = math.max(higher, field('wanted' .. above) - now)
  end
  if have >= need and higher <= 0 then
    redis.call('HDEL', key, 'wanted' .. class)
    charge()
  else
    wait = math.min({ASK_AGAIN}, math.max(need - have, math.min(higher, {LOOK_AGAIN})))
    kept('wanted' .. class, now + wait + {GRACE})
  end
end
kept('full', full)
redis.call('PEXPIRE', key, {_FORGOTTEN_MS})
return {{wait}}
"""


class RedisRequestBudget:
    """Implements RequestBudget by the server's clock; `now` is for tests that hold the time."""

    def __init__(self, client: Redis, *, now: Callable[[], datetime] | None = None) -> None:
        self._script = client.register_script(_SCRIPT)
        self._now = now

    async def take(self, allowance: Allowance, weight: int, priority: Priority) -> float:
        """0 when the weight was taken, else seconds after which to ask again."""
        (wait,) = await self._run("take", allowance, weight, priority)
        return wait / 1_000_000

    async def charge(self, allowance: Allowance, weight: int, priority: Priority) -> None:
        """Take weight that only the answer's length told, whatever is left."""
        await self._run("charge", allowance, weight, priority)

    async def refused(self, allowance: Allowance, priority: Priority) -> None:
        """Leave no more than what is kept for the classes above."""
        await self._run("refused", allowance, 0, priority)

    async def used_last_minute(self, allowance: Allowance) -> Mapping[Priority, int]:
        """Weight used by each class in the last minute."""
        used = await self._run("used", allowance, 0, Priority.SCREENS)
        return dict(zip(Priority, used, strict=True))

    async def _run(
        self, what: str, allowance: Allowance, weight: int, priority: Priority
    ) -> list[int]:
        now = "" if self._now is None else (self._now() - _EPOCH) // _MICROSECOND
        with redis_errors():
            found = await self._script(
                keys=[f"basis:budget:{allowance.name}"],
                args=[
                    what,
                    weight,
                    int(priority),
                    allowance.burst,
                    allowance.unit_microseconds,
                    allowance.reserve,
                    now,
                ],
            )
        return [int(number) for number in found]
