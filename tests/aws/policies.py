"""Compares what each role allows with what the recorded runs used.

    policies.py TRANSFORMED_TEMPLATE RECORD_FILE...

Every call that was made must be allowed, and every action that is allowed on a kind of resource must have been used by one of the runs, or
be declared below with its reason (DECLARED). What AWS does in a role's name (the policy `on-the-roles-behalf`) is never seen by an emulator:
it must be what is declared with its source, no more and no less (ON_BEHALF).
"""

import json
import re
import sys

# What AWS does in the name of a role: (action, kind of resource) -> where AWS says so.
LOGS = "AWS Lambda developer guide, execution role: the managed policy AWSLambdaBasicExecutionRole"
POLLER = "AWS Lambda developer guide, SQS event source mapping: AWSLambdaSQSQueueExecutionRole; AWS SAM, policy template SQSPollerPolicy"
FAILED = "AWS Lambda developer guide, asynchronous invocation: dead-letter queues"
KEY = "SQS developer guide, key management: consumers need Decrypt, producers GenerateDataKey and Decrypt; DynamoDB and Secrets Manager likewise"
TRACES = "AWS X-Ray developer guide, AWSXRayDaemonWriteAccess; X-Ray knows no single resources"
ON_EVERY = {
    ("logs:CreateLogStream", "own logs"): LOGS,
    ("logs:PutLogEvents", "own logs"): LOGS,
    ("kms:Decrypt", "key"): KEY,
    ("kms:GenerateDataKey", "key"): KEY,
    ("xray:PutTraceSegments", "*"): TRACES,
    ("xray:PutTelemetryRecords", "*"): TRACES,
}


def polling(queue):
    actions = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"]
    return {(f"sqs:{action}", f"queue {queue}"): POLLER for action in actions}


TO_FAILURES = {("sqs:SendMessage", "queue FailuresQueue"): FAILED}
ON_BEHALF = {
    "fetch": {**ON_EVERY, **polling("RequestsQueue"), **TO_FAILURES},
    "transform": {**ON_EVERY, **polling("OrdersQueue")},
    "post": {**ON_EVERY, **polling("PostingsQueue")},
    "reconcile": {**ON_EVERY, **TO_FAILURES},
    "api": ON_EVERY,
}

# Allowed, and used only where the recorded run does not go: (function, action, resource) -> why.
DECLARED = {
    ("fetch", "dynamodb:Query", "table"): "a record whose accounting document spans several items is read by a query",
    ("fetch", "secretsmanager:GetSecretValue", "secret linnworks-session"): "a later process goes on with the session of an earlier one",
    ("reconcile", "secretsmanager:GetSecretValue", "secret quickbooks-token"): "whichever function did not renew reads it",
    ("post", "secretsmanager:GetSecretValue", "secret quickbooks-token"): "whichever function did not renew reads it",
    ("fetch", "secretsmanager:UpdateSecretVersionStage", "secret linnworks-session"): "the session is replaced when it has ended",
    ("transform", "dynamodb:GetItem", "table"): "versions and lists that span several items",
    ("post", "dynamodb:PutItem", "table"): "an exchange rate, when a document needs one",
    ("post", "dynamodb:DeleteItem", "table"): "the lease of a token that is renewed, given back",
    ("post", "secretsmanager:UpdateSecretVersionStage", "secret quickbooks-token"): "a replaced token loses its label",
    ("reconcile", "secretsmanager:CreateSecret", "secret linnworks-session"): "whichever function signs in first makes it",
    ("reconcile", "secretsmanager:CreateSecret", "secret quickbooks-token"): "whichever function renews first makes it",
    ("post", "secretsmanager:CreateSecret", "secret quickbooks-token"): "whichever function renews first makes it",
    ("reconcile", "secretsmanager:PutSecretValue", "secret linnworks-session"): "the session is replaced when it has ended",
    ("reconcile", "secretsmanager:UpdateSecretVersionStage", "secret linnworks-session"): "the session is replaced when it has ended",
    ("post", "secretsmanager:PutSecretValue", "secret quickbooks-token"): "whichever function renews",
    ("reconcile", "secretsmanager:PutSecretValue", "secret quickbooks-token"): "whichever function renews",
    ("reconcile", "secretsmanager:UpdateSecretVersionStage", "secret quickbooks-token"): "a replaced token loses its label",
    ("reconcile", "sqs:DeleteMessage", "queue OrdersDeadLetters"): "a dead letter that was written to the store",
    ("reconcile", "sqs:DeleteMessage", "queue PostingsDeadLetters"): "a dead letter that was written to the store",
    ("reconcile", "sqs:ChangeMessageVisibility", "queue OrdersDeadLetters"): "a dead letter that is left is shown again",
    ("reconcile", "sqs:ChangeMessageVisibility", "queue PostingsDeadLetters"): "a dead letter that is left is shown again",
    ("reconcile", "sqs:SendMessage", "queue OrdersQueue"): "a document that stands still before its mapping",
    ("reconcile", "sqs:SendMessage", "queue PostingsQueue"): "a document that stands still before its posting",
    ("post", "sqs:SendMessage", "queue OrdersQueue"): "a document whose lists were outdated",
    ("post", "sqs:SendMessage", "queue PostingsQueue"): "the second transaction of a document, or one to be sent alone",
    ("reconcile", "dynamodb:Scan", "table"): "once a month: an end for what a crash left without one",
    ("reconcile", "dynamodb:PutItem", "table"): "an exchange rate, when a document needs one",
    ("api", "dynamodb:BatchWriteItem", "table"): "texts, events and documents that span several items",
    ("api", "secretsmanager:CreateSecret", "secret quickbooks-token"): "a person's consent gives the first token",
    ("api", "secretsmanager:PutSecretValue", "secret quickbooks-token"): "a later consent, or a preview that renews the token",
    ("api", "secretsmanager:UpdateSecretVersionStage", "secret quickbooks-token"): "a replaced token loses its label",
    ("api", "secretsmanager:PutSecretValue", "secret linnworks"): "PUT /v1/connections/linnworks",
    ("api", "secretsmanager:UpdateSecretVersionStage", "secret linnworks-session"): "the session is replaced when it has ended",
    ("api", "sqs:SendMessage", "queue OrdersQueue"): "the resync of a document that is to be mapped again",
    ("api", "sqs:SendMessage", "queue PostingsQueue"): "a conflict that a person decides to post",
}


def kind_of(resource, stack, queues):
    """The kind of a resource, of the template's reference or of the recorded name."""
    text = json.dumps(resource)
    if "index/moving" in text:
        return "index/moving"
    if re.search(r"\$\{[A-Za-z]+Logs\.Arn\}", text):
        return "own logs"
    if '"Key"' in text or '"Key.Arn"' in text:
        return "key"
    for name in ("linnworks-session", "quickbooks-token"):
        if name in text:
            return f"secret {name}"
    for logical, name in (("LinnworksSecret", "linnworks"), ("QuickBooksSecret", "quickbooks")):
        if logical in text or text == f'"linnbooks/{stack}/{name}"':
            return f"secret {name}"
    for logical in queues:
        if f'"{logical}"' in text or f'"{logical}.Arn"' in text or text == f'"{stack}-{queues[logical]}"':
            return f"queue {logical}"
    return "*" if resource == "*" else "table"


def allowed(resources, function, policy_name, queues):
    """(action, kind of resource) pairs of one policy of a function's role."""
    role = resources[f"{function.capitalize()}Role"]
    policy = next(one for one in role["Properties"]["Policies"] if one["PolicyName"] == policy_name)
    for statement in policy["PolicyDocument"]["Statement"]:
        # A statement under a condition is a list: condition, then, else.
        statement = statement["Fn::If"][1] if "Fn::If" in statement else statement
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        places = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for action in actions:
            for place in places:
                yield action, kind_of(place, "", queues)


def functions_of(resources):
    for one in resources.values():
        if one["Type"] == "AWS::Lambda::Function":
            yield one["Properties"]["FunctionName"]["Fn::Sub"].replace("${AWS::StackName}-", "")


def main(template, *record_files):
    with open(template, encoding="utf-8") as file:
        resources = json.load(file)["Resources"]
    queues = {}
    for logical, one in resources.items():
        if one["Type"] == "AWS::SQS::Queue":
            queues[logical] = one["Properties"]["QueueName"]["Fn::Sub"].replace("${AWS::StackName}-", "")
    used = set()
    for name in record_files:
        with open(name, encoding="utf-8") as file:
            record = json.load(file)
        used |= {(function, action, kind_of(place, record["stack"], queues)) for function, action, place in record["calls"]}
    functions = sorted(functions_of(resources))
    may = {(name, *one) for name in functions for one in allowed(resources, name, "calls", queues)}
    problems = [f"{function} used {action} on {place}, which its role does not allow" for function, action, place in sorted(used - may)]
    problems += [f"{function} may {action} on {place} and never did" for function, action, place in sorted(may - used - set(DECLARED))]
    problems += [f"declared and not allowed: {one}" for one in sorted(set(DECLARED) - may)]
    for name in functions:
        behalf = set(allowed(resources, name, "on-the-roles-behalf", queues))
        declared = set(ON_BEHALF.get(name, {}))
        problems += [f"{name}: AWS may {action} on {place} in its name, without a source" for action, place in sorted(behalf - declared)]
        problems += [f"{name}: AWS needs {action} on {place} in its name" for action, place in sorted(declared - behalf)]
    print("\n".join(problems) or f"{len(functions)} roles, {len(may)} kinds of calls allowed: {len(may & used)} used, {len(may - used)} declared")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
