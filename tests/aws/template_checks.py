"""What template.yaml promises, checked on the template and on what SAM makes of it.

In: the template, a path for the transformed one. Out: the transformed template; status 1 and a sentence for each promise not kept.
"""

import json
import sys

from cfnlint.decode.cfn_yaml import load as load_template
from samtranslator.translator.transform import transform

FUNCTIONS = ["Fetch", "Transform", "Post", "Reconcile", "Api"]
# What may be called without a token: nothing else.
PUBLIC_ROUTES = {
    "GET /v1/health",
    "GET /v1/openapi.json",
    "GET /v1/connections/quickbooks/start",
    "GET /v1/connections/quickbooks/callback",
    "OPTIONS /{proxy+}",
}
PROBLEMS = []


def expect(holds, sentence):
    if not holds:
        PROBLEMS.append(sentence)


class NoManagedPolicies:
    """SAM asks for AWS's managed policies by name; the template uses none."""

    def load(self):
        return {}


def statements(resources, role):
    for policy in resources[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            # A statement under a condition is a list: condition, then, else.
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def check_roles(resources):
    for function in FUNCTIONS:
        actions = set()
        for statement in statements(resources, f"{function}Role"):
            names = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            actions.update(names)
            expect(not any(name.endswith("*") for name in names), f"{function}: the action {names} has a wildcard")
            if statement["Resource"] == "*":
                expect(all(name.startswith("xray:") for name in names), f"{function}: {names} are allowed on every resource")
        has_secrets = any(name.startswith("secretsmanager:") for name in actions)
        expect(has_secrets == (function != "Transform"), f"{function}: secrets are {'' if has_secrets else 'not '}allowed")
    expect("ScheduleRole" in resources, "schedules have a role of their own")


def check_queues(resources):
    mappings = {key: one["Properties"] for key, one in resources.items() if one["Type"] == "AWS::Lambda::EventSourceMapping"}
    expect(len(mappings) == 3, f"three queues are read, not {len(mappings)}")
    for name, mapping in mappings.items():
        queue = mapping["EventSourceArn"]["Fn::GetAtt"]
        queue = queue[0] if isinstance(queue, list) else queue.split(".")[0]
        function = mapping["FunctionName"]["Ref"]
        visibility = resources[queue]["Properties"]["VisibilityTimeout"]
        timeout = resources[function]["Properties"]["Timeout"]
        expect(visibility >= 6 * timeout, f"{queue} hides a message for {visibility} s; six times the timeout of {function} are {6 * timeout}")
        expect(mapping.get("FunctionResponseTypes") == ["ReportBatchItemFailures"], f"{name} does not report single failures")
        expect("MaximumConcurrency" in mapping.get("ScalingConfig", {}), f"{name} has no maximum concurrency")
        expect(resources[queue]["Properties"]["RedrivePolicy"]["maxReceiveCount"] >= 5, f"{queue} gives up too early")
    for name, one in resources.items():
        if one["Type"] == "AWS::SQS::Queue":
            expect("KmsMasterKeyId" in one["Properties"], f"{name} is not encrypted")


def check_kept_things(resources):
    table = resources["Table"]
    expect(table["DeletionPolicy"] == "RetainExceptOnCreate", "the table outlives the stack")
    expect(table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], "point-in-time recovery is on")
    expect(table["Properties"]["DeletionProtectionEnabled"]["Fn::If"][2] is True, "the table is protected in production")
    expect(table["Properties"]["TimeToLiveSpecification"]["AttributeName"] == "x", "the time to live is the store's attribute")
    for function in FUNCTIONS:
        group = resources[f"{function}Logs"]["Properties"]
        expect("RetentionInDays" in group, f"{function}: logs end some day")


def check_rules(template):
    assertions = template["Rules"]["ProductionSpeaksWithTheVendorsAlone"]["Assertions"]
    named = json.dumps(assertions)
    for parameter in ["TestEndpoint", "QuickBooksApiUrl", "QuickBooksTokenUrl", "QuickBooksAuthorizeUrl", "QuickBooksRevokeUrl", "LinnworksAuthUrl"]:
        expect(parameter in named, f"a production stack does not check {parameter}")
    expect(template["Parameters"]["Stage"]["Default"] == "production", "a stack is for production unless it says otherwise")
    sizes = template["Parameters"]["PostBatchSize"]["AllowedValues"]
    expect(all(size % 30 == 0 for size in sizes), "post takes whole batches of 30")
    shares = template["Mappings"]["QuickBooksShares"]["PostConcurrency"]
    for instances, count in shares.items():
        expect(int(count) == int(instances) + 1, f"{instances} instances and reconcile are {count} shares")


def check_schedules(resources):
    schedules = [one["Properties"]["Target"] for one in resources.values() if one["Type"] == "AWS::Scheduler::Schedule"]
    expect(len(schedules) == 3, f"three schedules, not {len(schedules)}")
    for target in schedules:
        expect("RetryPolicy" in target and "DeadLetterConfig" in target, "a schedule has a retry policy and a dead-letter queue")
    alarms = {one["Properties"]["AlarmDescription"] for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"}
    for description in alarms:
        runbook = description.split("Runbook - ")[-1].strip()
        try:
            with open(runbook, encoding="utf-8") as file:
                expect(len(file.read()) > 200, f"{runbook} says too little")
        except OSError:
            expect(False, f"there is no runbook {runbook}")
    expect(len(alarms) >= 8, f"only {len(alarms)} alarms")


def check_api(resources):
    routes = {one["Properties"]["RouteKey"]: one["Properties"] for one in resources.values() if one["Type"] == "AWS::ApiGatewayV2::Route"}
    public = {key for key, one in routes.items() if one["AuthorizationType"] == "NONE"}
    expect(public == PUBLIC_ROUTES, f"public routes: {sorted(public ^ PUBLIC_ROUTES)}")
    expect(set(routes) - public == {"$default"}, f"every other route is the default one: {sorted(routes)}")
    default = routes.get("$default", {})
    expect(default.get("AuthorizationType") == {"Fn::If": ["IsTest", "NONE", "JWT"]}, "the default route asks for a token")
    expect(resources["TokenAuthorizer"].get("Condition") == "IsProduction", "a production stack has the authorizer")
    stage = resources["GatewayStage"]["Properties"]
    expect(stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 100, "the stage is throttled")
    for word in ("querystring", "queryString", "sourceIp", "claims", "identity."):
        expect(word not in stage["AccessLogSettings"]["Format"], f"the access log holds {word}")
    cors = resources["Gateway"]["Properties"]["CorsConfiguration"]["Fn::If"]
    expect(cors[0] == "HasConsoleOrigin" and "*" not in json.dumps(cors), "other origins than a named one may call")
    expect(resources["Api"]["Properties"]["Timeout"] <= 30, "the HTTP API waits 30 seconds at most")


def check_users(resources):
    pool = resources["Users"]
    expect(pool["DeletionPolicy"] == "RetainExceptOnCreate", "the users outlive the stack")
    expect(pool["Properties"]["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True, "nobody signs up alone")
    expect(pool["Properties"]["MfaConfiguration"] == "ON", "a password alone is not enough")
    expect(pool["Properties"]["DeletionProtection"] == {"Fn::If": ["IsTest", "INACTIVE", "ACTIVE"]}, "the users are protected in production")
    people = resources["PeopleClient"]["Properties"]
    expect(people["AllowedOAuthFlows"] == ["code"] and people["GenerateSecret"] is False, "people sign in by code, with no secret")
    programs = resources["IntegrationsClient"]["Properties"]
    expect("linnbooks/admin" not in programs["AllowedOAuthScopes"], "a program is no administrator")
    expect(programs["AllowedOAuthFlows"] == ["client_credentials"], "programs have client credentials alone")


def check_restored_table(transformed):
    """Every role and every function works on the restored table, if one is named."""
    for name, one in transformed["Resources"].items():
        text = json.dumps(one)
        own = text.count('"Table.Arn"') + text.count('["Table", "Arn"]') + text.count("${Table.Arn}")
        expect(own == text.count("${RestoredTable}"), f"{name} names the stack's own table without the restored one")
        variables = one.get("Properties", {}).get("Environment", {}).get("Variables", {})
        if "TABLE_NAME" in variables:
            expect(variables["TABLE_NAME"]["Fn::If"][0] == "IsRestored", f"{name} works on the stack's own table alone")


def plain(node):
    return json.loads(json.dumps(node))


def main(source, target):
    template = plain(load_template(source))
    check_rules(template)
    packaged = plain(template)
    # What `sam package` writes.
    packaged["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    transformed = transform(packaged, {}, NoManagedPolicies())
    with open(target, "w", encoding="utf-8") as file:
        json.dump(transformed, file, indent=1)
    resources = transformed["Resources"]
    serverless = [key for key, one in resources.items() if one["Type"].startswith("AWS::Serverless")]
    expect(not serverless, f"SAM left {serverless}")
    for check in [check_roles, check_queues, check_kept_things, check_schedules, check_api, check_users]:
        check(resources)
    check_restored_table(transformed)
    print("\n".join(PROBLEMS))
    return 1 if PROBLEMS else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
