# SPDX-License-Identifier: GPL-3.0-or-later
"""A gRPC server of the command tests: any bytes are a message.

Prints its port; at SIGTERM, how many calls of each method it has seen.
"""
import signal
import sys
import threading
import time
from concurrent import futures

import grpc

calls = {}
lock = threading.Lock()


def counted(name, answer):
    def handler(request, context):
        with lock:
            calls[name] = calls.get(name, 0) + 1
        return answer(request, context)

    return handler


def fail(_request, context):
    context.abort(grpc.StatusCode.UNAVAILABLE, "not now, 100 % \u2713")


def halfway(request, context):
    context.set_code(grpc.StatusCode.DATA_LOSS)
    return request


def slow(request, _context):
    time.sleep(0.5)
    return request


unary = {
    "Echo": lambda request, _context: request,
    "Metadata": lambda _request, context: dict(context.invocation_metadata())
    .get("x-probe", "")
    .encode(),
    "Fail": fail,
    "Halfway": halfway,
    "Slow": slow,
}
handlers = {
    name: grpc.unary_unary_rpc_method_handler(counted(name, answer))
    for name, answer in unary.items()
}
handlers["Many"] = grpc.unary_stream_rpc_method_handler(
    counted("Many", lambda request, _context: iter([request, request]))
)

server = grpc.server(futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers(
    (grpc.method_handlers_generic_handler("scope.Test", handlers),)
)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print(port, flush=True)
signal.sigwait({signal.SIGTERM})
server.stop(0).wait()
for name, count in sorted(calls.items()):
    print(name, count, flush=True)
sys.exit(0)
