"""A proxy between the functions and the emulator: writes down which function made which call on what, and lets calls go wrong.

    recorder.py EMULATOR_URL [DYNAMODB_URL]

Prints its own address; ends with its standard input. Calls of DynamoDB go to the second address where there is one. Functions are told apart
by the SDK's application id (`AWS_SDK_UA_APP_ID` of the template), which stands in the user agent.

    GET  /_record   {"calls": [[function, IAM action, resource], ...], "faults": {kind: count}}
    POST /_faults   shares between 0 and 1 of the calls that go wrong, see FAULTS below; `{}` ends them

What goes wrong is what AWS documents: throttling and internal errors by their codes (developer guides of DynamoDB, SQS, Secrets Manager, "error
handling"), batches done in part (BatchWriteItem: UnprocessedItems, BatchGetItem: UnprocessedKeys, SendMessageBatch: Failed), standard queues
that deliver twice and in no order ("at-least-once delivery"), and what any network does: answers that are lost, calls that come late.
"""

import http.client
import json
import random
import re
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

# Actions that IAM knows under another name than the call (Service Authorization Reference of SQS and DynamoDB).
RENAMED = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
SERVICES = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "secretsmanager": "secretsmanager"}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "x-amz-crc32"}
FAULTS = {
    "throttle": "refused as too many, nothing done",
    "error": "an internal error, nothing done",
    "lose": "done, the answer lost",
    "late": "a conditional write whose connection breaks and which is done up to half a second later",
    "slow": "done up to a second and a half later",
    "part": "a batch of which half is done",
    "twice": "a message sent twice",
}
THROTTLED = {
    "dynamodb": ["com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "com.amazon.coral.availability#ThrottlingException"],
    "sqs": ["com.amazonaws.sqs#RequestThrottled"],
    "secretsmanager": ["ThrottlingException"],
}
BROKEN = {"dynamodb": "com.amazonaws.dynamodb.v20120810#InternalServerError", "sqs": "InternalFailure", "secretsmanager": "InternalServiceError"}
SEEN = set()
STRUCK = Counter()
LOCK = threading.Lock()


class Plan:
    """Which calls go wrong."""

    def __init__(self, shares):
        self.random = random.Random(shares.pop("seed", 0))
        self.delay_seconds = shares.pop("shuffle_seconds", 0)
        self.shares = shares
        unknown = set(shares) - set(FAULTS)
        if unknown:
            raise ValueError(f"no such faults: {sorted(unknown)}")

    def strike(self, call):
        """The fault of a call, or None. Every call draws once."""
        with LOCK:
            drawn = self.random.random()
            for kind, share in self.shares.items():
                drawn -= share
                if drawn < 0:
                    if not fits(kind, call):
                        return None
                    STRUCK[kind] += 1
                    return kind
        return None

    def between(self, low, high):
        with LOCK:
            return self.random.uniform(low, high)


PLAN = Plan({})


class Call:
    """One call of a function."""

    def __init__(self, headers, raw):
        target = headers.get("X-Amz-Target", "")
        prefix, _, self.action = target.partition(".")
        agent = re.search(r"app/linnbooks-([a-z]+)", headers.get("User-Agent", ""))
        self.function = agent.group(1) if agent else "unknown"
        self.service = SERVICES.get(prefix)
        self.target = target
        self.body = json.loads(raw or b"{}") if self.service else {}

    def resources(self):
        """(action, resource) pairs."""
        action, body = self.action, self.body
        if self.service == "sqs":
            yield action, body.get("QueueUrl", "").rsplit("/", 1)[-1]
        elif self.service == "secretsmanager":
            yield action, body.get("SecretId") or body.get("Name", "")
        elif action == "TransactWriteItems":
            for item in body.get("TransactItems", []):
                for kind in item:
                    yield TRANSACTION[kind], "table"
        elif action in ("Query", "Scan") and body.get("IndexName"):
            yield action, f"index/{body['IndexName']}"
        else:
            yield action, "table"

    def record(self, host, path):
        if self.service is None:
            if path.startswith("/_aws/execute-api/"):
                # A client of the HTTP API, not a function.
                return
            found = {(self.function, f"unknown:{self.target}", host)}
        else:
            named = ((f"{self.service}:{action}", place) for action, place in self.resources())
            found = {(self.function, RENAMED.get(action, action), place) for action, place in named}
        with LOCK:
            SEEN.update(found)


def fits(kind, call):
    if kind == "late":
        return call.service == "dynamodb" and "ConditionExpression" in call.body
    if kind == "part":
        return call.action in HALVES
    if kind == "twice":
        return call.action in ("SendMessage", "SendMessageBatch")
    return True


def halve_writes(body):
    """What is sent on of a BatchWriteItem, and what its answer says of the rest."""
    done, left = {}, {}
    for table, requests in body["RequestItems"].items():
        middle = (len(requests) + 1) // 2
        done[table], left[table] = requests[:middle], requests[middle:]
    left = {table: requests for table, requests in left.items() if requests}
    return {**body, "RequestItems": done}, "UnprocessedItems", left


def halve_reads(body):
    done, left = {}, {}
    for table, wanted in body["RequestItems"].items():
        middle = (len(wanted["Keys"]) + 1) // 2
        done[table] = {**wanted, "Keys": wanted["Keys"][:middle]}
        left[table] = {**wanted, "Keys": wanted["Keys"][middle:]}
    left = {table: wanted for table, wanted in left.items() if wanted["Keys"]}
    return {**body, "RequestItems": done}, "UnprocessedKeys", left


def halve_messages(body):
    entries = body["Entries"]
    middle = (len(entries) + 1) // 2
    failed = [{"Id": one["Id"], "SenderFault": False, "Code": "InternalError"} for one in entries[middle:]]
    return {**body, "Entries": entries[:middle]}, "Failed", failed


HALVES = {"BatchWriteItem": halve_writes, "BatchGetItem": halve_reads, "SendMessageBatch": halve_messages}


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: without this, each answer would wait for an acknowledgement.
    disable_nagle_algorithm = True
    upstream = ""
    dynamodb = ""

    def forward(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path in ("/_faults", "/_record"):
            return self.command_of_the_test(raw)
        call = Call(self.headers, raw)
        call.record(self.headers.get("Host", ""), self.path)
        fault = PLAN.strike(call) if call.service else None
        if call.action == "SendMessageBatch" and PLAN.delay_seconds:
            raw = self.shuffle(call)
        match fault:
            case "throttle":
                self.refuse(400, THROTTLED[call.service][int(PLAN.between(0, 2)) % len(THROTTLED[call.service])])
            case "error":
                self.refuse(500, BROKEN[call.service])
            case "lose":
                self.ask(call, raw)
                self.close_connection = True
            case "late":
                later = threading.Timer(PLAN.between(0.05, 0.5), self.ask, (call, raw))
                later.daemon = True
                later.start()
                self.close_connection = True
            case "part":
                body, name, left = HALVES[call.action](call.body)
                status, headers, answer = self.ask(call, json.dumps(body).encode())
                if status == 200 and left:
                    answer = json.dumps({**json.loads(answer), name: left}).encode()
                self.answer(status, headers, answer)
            case _:
                if fault == "slow":
                    time.sleep(PLAN.between(0.1, 1.5))
                if fault == "twice":
                    self.ask(call, raw)
                self.answer(*self.ask(call, raw))

    do_GET = do_POST = do_PUT = do_DELETE = forward

    def shuffle(self, call):
        """Messages come in another order than they were sent in: each is delayed by its own time."""
        for entry in call.body["Entries"]:
            entry.setdefault("DelaySeconds", int(PLAN.between(0, PLAN.delay_seconds + 1)))
        return json.dumps(call.body).encode()

    def ask(self, call, raw):
        place = self.dynamodb if call.service == "dynamodb" and self.dynamodb else self.upstream
        connection = http.client.HTTPConnection(place, timeout=120)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP_BY_HOP}
        try:
            connection.request(self.command, self.path, body=raw, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def answer(self, status, headers, body):
        try:
            self.send_response(status)
            for key, value in headers:
                if key.lower() not in HOP_BY_HOP | {"date", "server"}:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            # The function was killed, or waited no longer.
            self.close_connection = True

    def refuse(self, status, kind):
        body = json.dumps({"__type": kind, "message": "as the test wishes"}).encode()
        self.answer(status, [("Content-Type", "application/x-amz-json-1.0")], body)

    def command_of_the_test(self, raw):
        global PLAN
        if self.path == "/_faults":
            PLAN = Plan(json.loads(raw))
            found = {}
        else:
            with LOCK:
                found = {"calls": sorted(SEEN), "faults": dict(STRUCK)}
        self.answer(200, [("Content-Type", "application/json")], json.dumps(found).encode())

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, address):
        """Connections of killed functions break; everything else is told."""
        if not isinstance(sys.exc_info()[1], (BrokenPipeError, ConnectionResetError)):
            super().handle_error(request, address)


def main(emulator, dynamodb=""):
    Proxy.upstream = urlparse(emulator).netloc
    Proxy.dynamodb = urlparse(dynamodb).netloc
    server = Server(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
