"""Compares what each role allows with what the recorded run used.

    policies.py TRANSFORMED_TEMPLATE RECORD_FILE STACK

Every call that was made must be allowed, and every action that is allowed on a kind of resource must have been used by the run, or be
declared below with its reason. What AWS does on a role's behalf (the policy `on-the-roles-behalf`) is declared as a whole: its source is
AWS's documentation of event source mappings, log delivery and dead-letter queues, which an emulator does not enforce.
"""

import json
import sys

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
    ("reconcile", "dynamodb:PutItem", "table"): "an exchange rate, when a document needs one",
}


def kind_of(resource, stack, queues):
    """The kind of a resource, of the template's reference or of the recorded name."""
    text = json.dumps(resource)
    if "index/moving" in text:
        return "index/moving"
    for name in ("linnworks-session", "quickbooks-token"):
        if name in text:
            return f"secret {name}"
    for logical, name in (("LinnworksSecret", "linnworks"), ("QuickBooksSecret", "quickbooks")):
        if logical in text or text == f'"linnbooks/{stack}/{name}"':
            return f"secret {name}"
    for logical in queues:
        if f'"{logical}' in text or text == f'"{stack}-{queues[logical]}"':
            return f"queue {logical}"
    return "table"


def allowed(resources, function, stack, queues):
    role = resources[f"{function.capitalize()}Role"]
    policy = next(one for one in role["Properties"]["Policies"] if one["PolicyName"] == "calls")
    for statement in policy["PolicyDocument"]["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        places = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for action in actions:
            for place in places:
                yield function, action, kind_of(place, stack, queues)


def main(template, record_file, stack):
    with open(template, encoding="utf-8") as file:
        resources = json.load(file)["Resources"]
    with open(record_file, encoding="utf-8") as file:
        recorded = json.load(file)
    queues = {}
    for logical, one in resources.items():
        if one["Type"] == "AWS::SQS::Queue":
            queues[logical] = one["Properties"]["QueueName"]["Fn::Sub"].replace("${AWS::StackName}-", "")
    used = {(function, action, kind_of(place, stack, queues)) for function, action, place in recorded}
    may = {one for name in ("fetch", "transform", "post", "reconcile") for one in allowed(resources, name, stack, queues)}
    problems = [f"{function} used {action} on {place}, which its role does not allow" for function, action, place in sorted(used - may)]
    unused = may - used - set(DECLARED)
    problems += [f"{function} may {action} on {place} and never did" for function, action, place in sorted(unused)]
    stale = set(DECLARED) - may
    problems += [f"declared and not allowed: {one}" for one in sorted(stale)]
    print("\n".join(problems) or f"{len(used)} kinds of calls were used, {len(may)} are allowed, {len(may - used)} of them declared")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
