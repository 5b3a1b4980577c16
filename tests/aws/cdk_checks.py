"""What the CDK app synthesised: one stack per customer with the customer's parameters, and the very resources of template.yaml.

In: cdk.out, the list of customers. Out: status 1 and a sentence for each difference.
"""

import json
import sys

from cfnlint.decode.cfn_yaml import load as load_template


def main(directory, customers_file):
    with open(customers_file, encoding="utf-8") as file:
        customers = json.load(file)
    source = json.loads(json.dumps(load_template("template.yaml")))
    problems = []
    for customer in customers:
        name = f"linnbooks-{customer['name']}"
        with open(f"{directory}/{name}.template.json", encoding="utf-8") as file:
            made = json.load(file)
        resources = {key for key, one in made["Resources"].items() if one["Type"] != "AWS::CDK::Metadata"}
        if resources != set(source["Resources"]):
            problems.append(f"{name}: other resources than template.yaml: {resources ^ set(source['Resources'])}")
        for key, value in customer["parameters"].items():
            if made["Parameters"][key]["Default"] != value:
                problems.append(f"{name}: {key} is {made['Parameters'][key]['Default']}, not {value}")
        if made.get("Rules", {}).get("ProductionSpeaksWithTheVendorsAlone") is None:
            problems.append(f"{name}: the rule that keeps tests out of production is gone")
    print("\n".join(problems))
    return 1 if problems or not customers else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
