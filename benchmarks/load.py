"""A steady load of GET requests over keep-alive connections, with each answer's time."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS = 16


@dataclass(frozen=True)
class Load:
    """Milliseconds of each request from its due moment, and how many were not 200."""

    milliseconds: list[float]
    errors: int

    def percentile(self, share: float) -> float:
        """The value below which that share of requests was."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def steady(url: str, *, cookies: list[dict[str, str]], per_second: int, seconds: float) -> Load:
    """Requests at a fixed rate; a late answer makes the next one on its connection late too."""
    return asyncio.run(_steady(url, cookies, per_second, seconds))


def burst(url: str, *, cookies: list[dict[str, str]], count: int) -> Load:
    """All at once, each on its own connection."""
    return asyncio.run(_burst(url, cookies, count))


async def _steady(url: str, cookies: list[dict[str, str]], per_second: int, seconds: float) -> Load:
    due: asyncio.Queue[float | None] = asyncio.Queue()
    times: list[float] = []
    errors = 0

    async def client(number: int) -> None:
        nonlocal errors
        connection = await _Connection.open(url, cookies[number % len(cookies)])
        while (moment := await due.get()) is not None:
            status = await connection.get()
            times.append((time.perf_counter() - moment) * 1000)
            errors += status != 200
        connection.close()

    clients = [asyncio.create_task(client(number)) for number in range(CONNECTIONS)]
    started = time.perf_counter()
    for number in range(int(per_second * seconds)):
        moment = started + number / per_second
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        due.put_nowait(moment)
    for _ in clients:
        due.put_nowait(None)
    await asyncio.gather(*clients)
    return Load(times, errors)


async def _burst(url: str, cookies: list[dict[str, str]], count: int) -> Load:
    connections = await asyncio.gather(
        *(_Connection.open(url, cookies[n % len(cookies)]) for n in range(count))
    )
    started = time.perf_counter()

    async def once(connection: "_Connection") -> tuple[float, int]:
        status = await connection.get()
        return (time.perf_counter() - started) * 1000, status

    answers = await asyncio.gather(*(once(c) for c in connections))
    for connection in connections:
        connection.close()
    return Load([ms for ms, _ in answers], sum(status != 200 for _, status in answers))


class _Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._request = request

    @classmethod
    async def open(cls, url: str, cookies: dict[str, str]) -> "_Connection":
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\n\r\n"
        return cls(reader, writer, request.encode())

    async def get(self) -> int:
        self._writer.write(self._request)
        await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await self._reader.readexactly(length)
        return status

    def close(self) -> None:
        self._writer.close()
