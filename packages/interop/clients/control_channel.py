"""Lets the matrix drive a WebRTC client of another language: one JSON object a line, requests on stdin, replies on stdout.

A request is ``{"id": 7, "verb": "open", ...arguments}``; its reply ``{"id": 7, "result": ...}`` or ``{"id": 7, "error": "in words"}``.
The verbs are those of ``ClientVerbs`` in ``../src/clients/client-verbs.ts``. Requests run at the same time; replies come as they are
done. The end of stdin is the order to leave, so that a client never outlives the run that started it.
"""

import asyncio
import json
import sys
import threading
import traceback
from typing import Any, Awaitable, Callable, Mapping

Verb = Callable[..., Awaitable[Any]]


async def serve(verbs: Mapping[str, Verb]) -> None:
    """Answers requests until stdin ends. Arguments of a request become keyword arguments of its verb."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()
    # A thread of its own: libraries such as GStreamer write to the same descriptors and need them blocking.
    threading.Thread(target=_read_lines, args=(loop, lines), daemon=True).start()
    running = set()
    while line := await lines.get():
        task = asyncio.ensure_future(_answer(verbs, json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


def _read_lines(loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[str]") -> None:
    for line in sys.stdin:
        loop.call_soon_threadsafe(lines.put_nowait, line)
    loop.call_soon_threadsafe(lines.put_nowait, "")


async def _answer(verbs: Mapping[str, Verb], request: Mapping[str, Any]) -> None:
    arguments = dict(request)
    number, verb = arguments.pop("id"), arguments.pop("verb")
    try:
        reply = {"id": number, "result": await verbs[verb](**arguments)}
    except Exception as error:  # Whatever goes wrong is the run's to report, under the pair that it happened in.
        traceback.print_exc()
        reply = {"id": number, "error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
