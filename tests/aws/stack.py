"""Deploys template.yaml to an emulator of AWS through CloudFormation, and speaks with the stack.

    stack.py deploy ENDPOINT FUNCTIONS STACK NAME=VALUE...   makes packages, uploads them, creates the stack; prints its outputs
    stack.py secret ENDPOINT NAME                            writes the text on stdin into a secret
    stack.py invoke ENDPOINT FUNCTION                        invokes with the JSON on stdin; prints the answer
    stack.py send ENDPOINT QUEUE_URL                         sends the texts of the JSON list on stdin
    stack.py purge ENDPOINT QUEUE_URL                        empties a queue
    stack.py hide ENDPOINT QUEUE_URL SECONDS                 sets how long a queue hides a message: less than the template's for a test that
                                                             waits for a message to come back
    stack.py count ENDPOINT QUEUE_URL                        prints the number of messages, hidden ones included
    stack.py mirror ENDPOINT TABLE OTHER_ENDPOINT            makes a table of the same keys and indices at another endpoint
    stack.py pause ENDPOINT STACK                            no queue and no schedule starts a function any more
    stack.py environment ENDPOINT FUNCTION                   prints the variables that the template gives to a function
    stack.py limit ENDPOINT FUNCTION SECONDS                 ends invocations of a function after so long

ENDPOINT is a loopback address; anything else is refused. FUNCTIONS is the directory with the built functions. Prints JSON.
"""

import io
import json
import re
import sys
import time
import zipfile

import boto3
from botocore.config import Config

BUCKET = "packages"
PATIENCE_SECONDS = 120


def client(service, endpoint):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 3}, read_timeout=900),
    )


def package(path):
    """A function's package: one file, `bootstrap`, with a fixed date, so that equal programs have equal packages."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        with open(path, "rb") as file:
            archive.writestr(entry, file.read())
    return buffer.getvalue()


def deploy(endpoint, functions, stack, *parameters):
    with open("template.yaml", encoding="utf-8") as file:
        text = file.read()
    names = re.findall(r"\n      FunctionName: !Sub \$\{AWS::StackName\}-([a-z]+)\n", text)
    assert len(names) == len(set(names)) >= 4, f"the template names its functions otherwise: {names}"
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    sizes = {}
    for name in names:
        body = package(f"{functions}/{name}")
        sizes[name] = len(body)
        s3.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=body)
    # What `sam package` does: each function's code is named by its place.
    text = re.sub(r"\n    CodeUri: \.\n", "\n", text)
    for name in names:
        before = f"      FunctionName: !Sub ${{AWS::StackName}}-{name}\n"
        text = text.replace(before, f"{before}      CodeUri: s3://{BUCKET}/{name}.zip\n")
    given = [dict(zip(("ParameterKey", "ParameterValue"), one.split("=", 1), strict=True)) for one in parameters]
    formation = client("cloudformation", endpoint)
    # A template of more than 51,200 bytes is read from S3, as `sam deploy` does it.
    s3.put_object(Bucket=BUCKET, Key="template.yaml", Body=text.encode())
    address = f"{endpoint}/{BUCKET}/template.yaml"
    formation.create_stack(StackName=stack, TemplateURL=address, Parameters=given, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        state = formation.describe_stacks(StackName=stack)["Stacks"][0]
        if state["StackStatus"] == "CREATE_COMPLETE":
            break
        if "FAILED" in state["StackStatus"] or "ROLLBACK" in state["StackStatus"] or time.monotonic() > end:
            events = formation.describe_stack_events(StackName=stack)["StackEvents"]
            reasons = [f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in events if "FAILED" in one["ResourceStatus"]]
            sys.exit(f"the stack is {state['StackStatus']}: {reasons or state.get('StackStatusReason')}")
        time.sleep(0.2)
    number_mappings(client("lambda", endpoint))
    outputs = {one["OutputKey"]: one["OutputValue"] for one in state.get("Outputs", [])}
    return {"outputs": outputs, "package_bytes": sizes}


def number_mappings(functions):
    """The emulator's CloudFormation hands numbers that are parameters over as text, and its poller stumbles over them; AWS does not."""
    for one in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(
            UUID=one["UUID"],
            BatchSize=int(one["BatchSize"]),
            ScalingConfig={"MaximumConcurrency": int(one["ScalingConfig"]["MaximumConcurrency"])},
        )


def secret(endpoint, name):
    client("secretsmanager", endpoint).put_secret_value(SecretId=name, SecretString=sys.stdin.read())
    return {}


def invoke(endpoint, function):
    answer = client("lambda", endpoint).invoke(FunctionName=function, Payload=sys.stdin.buffer.read())
    body = json.loads(answer["Payload"].read() or b"null")
    return {"error": answer.get("FunctionError"), "answer": body}


def send(endpoint, url):
    texts = json.load(sys.stdin)
    sqs = client("sqs", endpoint)
    for begin in range(0, len(texts), 10):
        entries = [{"Id": str(index), "MessageBody": text} for index, text in enumerate(texts[begin : begin + 10])]
        assert not sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
    return {}


def purge(endpoint, url):
    client("sqs", endpoint).purge_queue(QueueUrl=url)
    return {}


def hide(endpoint, url, seconds):
    client("sqs", endpoint).set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": seconds})
    return {}


def count(endpoint, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = client("sqs", endpoint).get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return {"messages": sum(int(attributes[name]) for name in names)}


def mirror(endpoint, table, other):
    loopback(other)
    known = client("dynamodb", endpoint).describe_table(TableName=table)["Table"]
    indices = [{key: one[key] for key in ("IndexName", "KeySchema", "Projection")} for one in known.get("GlobalSecondaryIndexes", [])]
    wanted = {key: known[key] for key in ("TableName", "AttributeDefinitions", "KeySchema")}
    client("dynamodb", other).create_table(**wanted, GlobalSecondaryIndexes=indices, BillingMode="PAY_PER_REQUEST")
    return {}


def pause(endpoint, stack):
    functions, scheduler = client("lambda", endpoint), client("scheduler", endpoint)
    for one in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=one["UUID"], Enabled=False)
    for one in scheduler.list_schedules(NamePrefix=stack)["Schedules"]:
        known = scheduler.get_schedule(Name=one["Name"])
        kept = {key: known[key] for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
        scheduler.update_schedule(**kept, State="DISABLED")
    return {}


def environment(endpoint, function):
    return client("lambda", endpoint).get_function_configuration(FunctionName=function)["Environment"]["Variables"]


def limit(endpoint, function, seconds):
    client("lambda", endpoint).update_function_configuration(FunctionName=function, Timeout=int(seconds))
    return {}


def loopback(endpoint):
    if not re.fullmatch(r"http://127\.0\.0\.1:\d+", endpoint):
        sys.exit(f"{endpoint} is no loopback address: this is for emulators alone")


COMMANDS = [deploy, secret, invoke, send, purge, hide, count, mirror, pause, environment, limit]


def main(command, endpoint, *arguments):
    loopback(endpoint)
    commands = {one.__name__: one for one in COMMANDS}
    json.dump(commands[command](endpoint, *arguments), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
