"""Messages to people's open dashboards: kept a while in streams, spread at once by pub/sub.

Every process listens on one connection, however many dashboards it serves. Ids grow over all
channels together, so that one id is enough to resume several of them.
"""

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any

import structlog

from asgard_basis.adapters.redis.connection import LOST, Redis, redis_errors

_LAST_ID = "basis:events:last"
_KEPT = 1000
_KEPT_SECONDS = 86_400
_BUFFER = 1000
_PRUNE_SECONDS = 5.0
_ID = re.compile(r"(\d{1,15})-(\d{1,10})")
_START = (0, 0)

# Ids are the server's milliseconds, but never fall back, and are unique over all channels.
_PUBLISH = f"""
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local last_ms, last_sequence = 0, 0
local last = redis.call('GET', KEYS[2])
if last then
  last_ms, last_sequence = string.match(last, '(%d+)-(%d+)')
  last_ms, last_sequence = tonumber(last_ms), tonumber(last_sequence)
end
local sequence = 0
if ms <= last_ms then
  ms, sequence = last_ms, last_sequence + 1
end
local id = string.format('%.0f-%.0f', ms, sequence)
redis.call('SET', KEYS[2], id)
redis.call('XADD', KEYS[1], 'MAXLEN', '~', {_KEPT}, id, 'p', ARGV[1])
redis.call('EXPIRE', KEYS[1], {_KEPT_SECONDS})
redis.call('PUBLISH', KEYS[1], id .. '\\n' .. ARGV[1])
return id
"""

log = structlog.get_logger(__name__)
_Id = tuple[int, int]
_Message = tuple[_Id, str, bytes]


class _Reader:
    """One open dashboard."""

    def __init__(self, channels: Iterable[str]) -> None:
        self.channels = tuple(channels)
        self.buffer: deque[_Message] = deque()
        self.must_catch_up = True
        self.wake = asyncio.Event()

    def hear(self, message: _Message) -> None:
        if len(self.buffer) >= _BUFFER:
            self.must_catch_up = True
        else:
            self.buffer.append(message)
        self.wake.set()

    def may_have_missed(self) -> None:
        self.must_catch_up = True
        self.wake.set()


class RedisEventBus:
    """Implements EventBus; raises Unavailable GEN-0006 when publishing or resuming fails."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._publish = client.register_script(_PUBLISH)
        self._readers: dict[str, set[_Reader]] = {}
        self._pubsub: Any = None
        self._listening: asyncio.Task[None] | None = None
        self._confirmed: dict[str, asyncio.Event] = {}
        self._asked: set[str] = set()
        self._turn = asyncio.Lock()

    async def publish(self, channel: str, payload: bytes) -> None:
        """Append to a channel; kept for a day, the last thousand of it."""
        with redis_errors():
            await self._publish(keys=[_stream(channel), _LAST_ID], args=[payload])

    async def subscribe(
        self, channels: list[str], *, after: str | None
    ) -> AsyncIterator[tuple[str, str, bytes]]:
        """(channel, id, payload) from after the given id on, then live.

        An id that is not one of ours is taken as none: then only what comes from now on.
        """
        reader = _Reader(channels)
        try:
            await self._join(reader)
            last = _parsed(after) if after else None
            if last is None:
                last = await self._newest()
            while True:
                reader.wake.clear()
                if reader.must_catch_up:
                    reader.must_catch_up = False
                    messages = await self._since(reader.channels, last)
                else:
                    messages = list(reader.buffer)
                    reader.buffer.clear()
                for message_id, channel, payload in messages:
                    if message_id > last:
                        last = message_id
                        yield channel, _text(message_id), payload
                if not messages and not reader.must_catch_up and not reader.buffer:
                    await reader.wake.wait()
        finally:
            self._leave(reader)

    async def _newest(self) -> _Id:
        with redis_errors():
            newest = await self._client.get(_LAST_ID)
        return (_parsed(newest.decode()) if isinstance(newest, bytes) else None) or _START

    async def _since(self, channels: tuple[str, ...], last: _Id) -> list[_Message]:
        """One command, so that no channel is read later than another."""
        names = {_stream(channel).encode(): channel for channel in channels}
        with redis_errors():
            found: Any = await self._client.xread({name: _text(last) for name in names})
        messages: list[_Message] = []
        entries = found.items() if isinstance(found, dict) else found or []
        for stream, items in entries:
            for item_id, fields in _flat(items):
                parsed = _parsed(item_id.decode())
                if parsed is not None:
                    messages.append((parsed, names[stream], fields[b"p"]))
        return sorted(messages)

    async def _join(self, reader: _Reader) -> None:
        for channel in reader.channels:
            self._readers.setdefault(channel, set()).add(reader)
            self._confirmed.setdefault(channel, asyncio.Event())
        with redis_errors():
            async with asyncio.timeout(10):
                async with self._turn:
                    if self._listening is None or self._listening.done():
                        self._pubsub = self._client.pubsub()
                        self._asked.clear()
                        await self._ask_for(self._readers)
                        self._listening = asyncio.create_task(
                            self._listen(self._pubsub), name="event bus"
                        )
                    else:
                        await self._ask_for(reader.channels)
                for channel in reader.channels:
                    await self._confirmed[channel].wait()

    async def _ask_for(self, channels: Iterable[str]) -> None:
        fresh = [channel for channel in channels if channel not in self._asked]
        if fresh:
            await self._pubsub.subscribe(*map(_stream, fresh))
            self._asked.update(fresh)

    def _leave(self, reader: _Reader) -> None:
        for channel in reader.channels:
            readers = self._readers.get(channel, set())
            readers.discard(reader)
            if not readers:
                self._readers.pop(channel, None)
        if not self._readers and self._listening is not None:
            self._listening.cancel()
            self._listening = None
            self._confirmed.clear()

    async def _listen(self, pubsub: Any) -> None:
        """Spread what arrives until nobody listens; a lost connection is made again."""
        try:
            while True:
                try:
                    message = await pubsub.get_message(timeout=_PRUNE_SECONDS)
                    await self._prune(pubsub)
                except LOST as error:
                    log.warning("event_bus_lost", cause=type(error).__name__)
                    await asyncio.sleep(0.5)
                    continue
                if message is not None:
                    self._spread(message)
        finally:
            with contextlib.suppress(*LOST):
                await pubsub.aclose()

    async def _prune(self, pubsub: Any) -> None:
        """Stop listening to channels that nobody here reads any more."""
        if self._asked <= self._readers.keys():
            return
        async with self._turn:
            ended = self._asked - self._readers.keys()
            if ended:
                for channel in ended:
                    self._confirmed.pop(channel, None)
                self._asked -= ended
                await pubsub.unsubscribe(*map(_stream, ended))

    def _spread(self, message: dict[str, Any]) -> None:
        channel = message["channel"].decode().removeprefix(_stream(""))
        readers = self._readers.get(channel, set())
        if message["type"] == "subscribe":
            # Also after a connection was lost and made again: something may have been missed.
            for reader in readers:
                reader.may_have_missed()
            if channel in self._confirmed:
                self._confirmed[channel].set()
        elif message["type"] == "message":
            head, _, payload = message["data"].partition(b"\n")
            parsed = _parsed(head.decode())
            if parsed is not None:
                for reader in readers:
                    reader.hear((parsed, channel, payload))


def _stream(channel: str) -> str:
    return f"basis:events:{channel}"


def _parsed(text: str) -> _Id | None:
    match = _ID.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


def _text(message_id: _Id) -> str:
    return f"{message_id[0]}-{message_id[1]}"


def _flat(items: Any) -> Any:
    """RESP3 wraps the entries of a stream in one more list than RESP2."""
    return items[0] if items and isinstance(items[0], list) else items
