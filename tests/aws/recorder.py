"""A proxy between the functions and the emulator that writes down which function made which call on what.

    recorder.py EMULATOR_URL RECORD_FILE

Prints its own address. Functions are told apart by the SDK's application id (`AWS_SDK_UA_APP_ID` of the template), which stands in the
user agent. On SIGTERM the record is written: a sorted list of [function, IAM action, resource].
"""

import http.client
import json
import re
import signal
import sys
import threading
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
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
SEEN = set()
LOCK = threading.Lock()


def resources(service, action, body):
    """(action, resource) pairs of one call."""
    if service == "sqs":
        yield action, body.get("QueueUrl", "").rsplit("/", 1)[-1]
    elif service == "secretsmanager":
        yield action, body.get("SecretId") or body.get("Name", "")
    elif action == "TransactWriteItems":
        for item in body.get("TransactItems", []):
            for kind in item:
                yield TRANSACTION[kind], "table"
    elif action in ("Query", "Scan") and body.get("IndexName"):
        yield action, f"index/{body['IndexName']}"
    else:
        yield action, "table"


def record(headers, raw):
    target = headers.get("X-Amz-Target", "")
    prefix, _, action = target.partition(".")
    agent = re.search(r"app/linnbooks-([a-z]+)", headers.get("User-Agent", ""))
    service = SERVICES.get(prefix)
    if service is None:
        found = {(agent.group(1) if agent else "unknown", f"unknown:{target}", headers.get("Host", ""))}
    else:
        pairs = resources(service, action, json.loads(raw or b"{}"))
        name = agent.group(1) if agent else "unknown"
        found = {(name, RENAMED.get(f"{service}:{one}", f"{service}:{one}"), resource) for one, resource in pairs}
    with LOCK:
        SEEN.update(found)


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream = ""

    def forward(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        record(self.headers, raw)
        connection = http.client.HTTPConnection(self.upstream, timeout=120)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP_BY_HOP}
        connection.request(self.command, self.path, body=raw, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in HOP_BY_HOP | {"date", "server"}:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = forward

    def log_message(self, *_):
        pass


def main(emulator, record_file):
    Proxy.upstream = urlparse(emulator).netloc
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    with LOCK, open(record_file, "w", encoding="utf-8") as file:
        json.dump(sorted(SEEN), file, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
