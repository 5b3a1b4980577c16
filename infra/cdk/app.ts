// Deploys the same template for a list of customers: one stack each, no second truth beside template.yaml.
//
// In: customers.json, and the packaged template (`sam package --template-file template.yaml --s3-bucket BUCKET --output-template-file
// packaged.yaml`), named by LINNBOOKS_TEMPLATE; without it the source template, which is enough for `cdk diff` and the tests.
// Out: stacks `linnbooks-NAME`. Holds no logic of its own and no secret.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, Stack, Tags } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";

interface Customer {
  name: string;
  region: string;
  account?: string;
  parameters?: Record<string, string | number>;
}

/** What only the project's own tests may set. */
const TESTS_ONLY = ["Stage", "TestEndpoint"];

export function addCustomer(app: App, customer: Customer, templateFile: string): Stack {
  for (const name of TESTS_ONLY) {
    if (customer.parameters?.[name] !== undefined) {
      throw new Error(`${customer.name}: the parameter ${name} is for tests only. Remove it from customers.json`);
    }
  }
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(customer.name)) {
    throw new Error(`'${customer.name}' is no name of a customer: small letters, digits and hyphens, at most 31`);
  }
  const stack = new Stack(app, `linnbooks-${customer.name}`, {
    stackName: `linnbooks-${customer.name}`,
    env: { region: customer.region, account: customer.account ?? process.env.CDK_DEFAULT_ACCOUNT },
    terminationProtection: true,
  });
  const template = new CfnInclude(stack, "Template", { templateFile });
  for (const [name, value] of Object.entries(customer.parameters ?? {})) {
    // An unknown name is refused here, by name.
    template.getParameter(name).default = value;
  }
  Tags.of(stack).add("customer", customer.name);
  return stack;
}

const app = new App();
const here = process.env.LINNBOOKS_CDK_DIRECTORY ?? __dirname;
const templateFile = process.env.LINNBOOKS_TEMPLATE ?? join(here, "..", "..", "template.yaml");
const customersFile = process.env.LINNBOOKS_CUSTOMERS ?? join(here, "customers.json");
const customers = JSON.parse(readFileSync(customersFile, "utf8")) as Customer[];
for (const customer of customers) {
  addCustomer(app, customer, templateFile);
}
app.synth();
