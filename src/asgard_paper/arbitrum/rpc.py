"""The JSON-RPC endpoint of the paper Arbitrum: what a public node answers, and nothing more.

Anvil's own powers (`anvil_*`, `evm_*`, unlocked accounts) are not reachable from here.
"""

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from asgard_paper.arbitrum.anvil import BASE_FEE_WEI, RpcFault
from asgard_paper.arbitrum.chain import ArbitrumChain

_FORWARDED = frozenset({
    "eth_blockNumber", "eth_call", "eth_chainId", "eth_createAccessList", "eth_estimateGas",
    "eth_gasPrice", "eth_getBalance", "eth_getBlockByHash", "eth_getBlockByNumber",
    "eth_getBlockReceipts", "eth_getBlockTransactionCountByHash",
    "eth_getBlockTransactionCountByNumber", "eth_getCode", "eth_getFilterChanges",
    "eth_getFilterLogs", "eth_getLogs", "eth_getProof", "eth_getStorageAt",
    "eth_getTransactionByBlockHashAndIndex", "eth_getTransactionByBlockNumberAndIndex",
    "eth_getTransactionByHash", "eth_getTransactionCount", "eth_getTransactionReceipt",
    "eth_newBlockFilter", "eth_newFilter", "eth_syncing", "eth_uninstallFilter",
    "net_listening", "net_version", "web3_clientVersion", "web3_sha3",
})  # fmt: skip
_MOST_BLOCKS = 1024
LOGGED_BLOCKS_MAX = 10_000
_METHOD_NOT_FOUND, _BAD_REQUEST, _BAD_PARAMS, _UNPARSABLE = -32601, -32600, -32602, -32700
_INTERNAL = -32603


class _Call(msgspec.Struct):
    method: str
    id: int | str | None = None
    params: list[object] = []


def create_app(chain: ArbitrumChain, *, logged_blocks_max: int = LOGGED_BLOCKS_MAX) -> Starlette:
    """The endpoint: POST one call or a batch at any path.

    Like other nodes it looks for logs in so many blocks at once and refuses more.
    """

    async def post(request: Request) -> Response:
        try:
            body = msgspec.json.decode(await request.body())
        except msgspec.DecodeError:
            return _json(_error(None, RpcFault(_UNPARSABLE, "parse error")))
        if isinstance(body, list):
            return _json([await _answer(chain, entry, logged_blocks_max) for entry in body])
        return _json(await _answer(chain, body, logged_blocks_max))

    return Starlette(routes=[Route("/{path:path}", post, methods=["POST"])])


async def _answer(chain: ArbitrumChain, body: object, logged_blocks_max: int) -> dict[str, object]:
    try:
        call = msgspec.convert(body, _Call)
    except msgspec.ValidationError:
        return _error(None, RpcFault(_BAD_REQUEST, "invalid request"))
    try:
        if call.method == "eth_getLogs":
            await _few_enough(chain, call.params, logged_blocks_max)
        result = await _perform(chain, call)
    except RpcFault as fault:
        return _error(call.id, fault)
    except httpx.TransportError:
        return _error(call.id, RpcFault(_INTERNAL, "internal error"))
    return {"jsonrpc": "2.0", "id": call.id, "result": result}


async def _perform(chain: ArbitrumChain, call: _Call) -> object:
    if call.method == "eth_sendRawTransaction":
        if len(call.params) != 1 or not isinstance(call.params[0], str):
            raise RpcFault(_BAD_PARAMS, "missing value for required argument 0")
        return await chain.send_raw(call.params[0])
    if call.method == "eth_maxPriorityFeePerGas":
        # Arbitrum orders by arrival: tips buy nothing, and its nodes say so
        return "0x0"
    if call.method == "eth_feeHistory":
        return await _fee_history(chain, call.params)
    if call.method == "eth_accounts":
        return []
    if call.method in _FORWARDED:
        return await chain.call(call.method, *call.params)
    raise RpcFault(_METHOD_NOT_FOUND, f"the method {call.method} does not exist/is not available")


async def _few_enough(chain: ArbitrumChain, params: list[object], most: int) -> None:
    """Raises RpcFault for more blocks than are looked through at once."""
    query = params[0] if params else None
    if not isinstance(query, dict):
        raise RpcFault(_BAD_PARAMS, "missing value for required argument 0")
    newest = await chain.block_number()
    named = {"earliest": 0, "latest": newest, "pending": newest, None: newest}

    def number(name: str) -> int:
        stated = query.get(name)
        return named[stated] if stated in named else int(str(stated), 16)

    if "blockHash" not in query and number("toBlock") - number("fromBlock") >= most:
        raise RpcFault(_BAD_REQUEST, f"query exceeds max block range {most}")


async def _fee_history(chain: ArbitrumChain, params: list[object]) -> dict[str, object]:
    """Fees of past blocks, read off the blocks themselves so that a rebuilt chain agrees."""
    try:
        wanted = int(str(params[0]), 0)
        newest = params[1] if len(params) > 1 else "latest"
        percentiles = params[2] if len(params) > 2 else []
    except (IndexError, ValueError):
        raise RpcFault(_BAD_PARAMS, "missing value for required argument 0") from None
    if not isinstance(percentiles, list):
        raise RpcFault(_BAD_PARAMS, "invalid argument 2: json: cannot unmarshal into []float64")
    tag = "latest" if newest == "pending" else newest
    block = await chain.call("eth_getBlockByNumber", tag, False)
    if not isinstance(block, dict):
        raise RpcFault(-32000, "header not found")
    last = int(block["number"], 16)
    first = max(0, last + 1 - max(1, min(wanted, _MOST_BLOCKS)))
    fees, shares = [], []
    for number in range(first, last + 1):
        held = await chain.call("eth_getBlockByNumber", hex(number), False)
        assert isinstance(held, dict)
        fees.append(held.get("baseFeePerGas", hex(BASE_FEE_WEI)))
        shares.append(int(held["gasUsed"], 16) / int(held["gasLimit"], 16))
    rewards = [["0x0"] * len(percentiles) for _ in shares]
    return {
        "oldestBlock": hex(first),
        "baseFeePerGas": [*fees, hex(BASE_FEE_WEI)],
        "gasUsedRatio": shares,
        **({"reward": rewards} if percentiles else {}),
    }


def _error(call_id: int | str | None, fault: RpcFault) -> dict[str, object]:
    error: dict[str, object] = {"code": fault.code, "message": fault.message}
    if fault.data is not None:
        error["data"] = fault.data
    return {"jsonrpc": "2.0", "id": call_id, "error": error}


def _json(body: object) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")
