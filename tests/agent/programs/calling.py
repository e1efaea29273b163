"""A gRPC server and a channel to it, in use while snapshots are taken.

Arguments: FOLDER. Tells the paths of the snapshots, and what the calls after them answered.
"""

import os
import sys
from concurrent import futures

import grpc
from telling import tell

import heapsnap


class Handlers(grpc.GenericRpcHandler):
    def service(self, details):
        del details
        return grpc.unary_unary_rpc_method_handler(lambda request, context: request[::-1])


server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Handlers(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
call = grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary("/any/method")
call(b"warm", timeout=30)
# Whose state is watched is asked for by threads of gRPC's all the time.
watched = grpc.insecure_channel("127.0.0.1:1")
watched.subscribe(lambda state: None)
paths, answers = [], []
for number in range(10):
    paths.append(heapsnap.dump(f"{sys.argv[1]}/{number}.json"))
    answers.append(call(b"abc", timeout=30).decode())
tell(paths=paths, answers=answers)
os._exit(0)
