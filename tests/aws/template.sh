#!/usr/bin/env bash
# Checks template.yaml and infra/ without an account and without AWS: cfn-lint, sam validate, the SAM transform, checkov, the CDK app.
#
#   tests/aws/template.sh
#
# Installs its tools into target/tools the first time. Prints a line per check; status 0 when all hold.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. tests/aws/tools.sh
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-2 AWS_EC2_METADATA_DISABLED=true CHECKOV_RUN_SECRETS_SCAN=false
work="${CARGO_TARGET_DIR:-target}/template-checks"
mkdir -p "$work" && work="$(cd "$work" && pwd)"
failed=0

# check NAME COMMAND...: prints the output of a command that fails.
check() {
    local name="$1" begin=$SECONDS
    shift
    if "$@" >"$work/output.txt" 2>&1 </dev/null; then
        echo "ok      $name ($((SECONDS - begin)) s)"
    else
        echo "FAILED  $name ($((SECONDS - begin)) s)"
        sed 's/^/        /' "$work/output.txt"
        failed=1
    fi
}

lint="$(cfn_lint)" && sam="$(sam_cli)" && scan="$(checkov)" && node="$(cdk)" || exit 1

compile_cdk() {
    rm -rf "$work/cdk" && mkdir -p "$work/cdk"
    cp infra/cdk/app.ts infra/cdk/tsconfig.json "$work/cdk/"
    ln -sfn "$node/node_modules" "$work/cdk/node_modules"
    (cd "$work/cdk" && node_modules/.bin/tsc)
}

# The app with a list of customers; CDK_OUTDIR needs no command line tool.
synthesise() {
    LINNBOOKS_TEMPLATE=template.yaml LINNBOOKS_CUSTOMERS="$1" LINNBOOKS_CDK_DIRECTORY="$PWD/infra/cdk" \
        CDK_OUTDIR="$work/cdk.out" node "$work/cdk/build/app.js"
}

refuse_tests_only_parameters() {
    echo '[{"name":"x","region":"eu-west-2","parameters":{"TestEndpoint":"http://127.0.0.1:1"}}]' >"$work/bad.json"
    if synthesise "$work/bad.json" >"$work/bad.txt" 2>&1; then return 1; fi
    grep -q "TestEndpoint is for tests only" "$work/bad.txt"
}

check "cfn-lint" "$lint/bin/cfn-lint" template.yaml
check "sam validate --lint" "$sam/bin/sam" validate --lint --template template.yaml
check "SAM transform, and what the template promises" "$lint/bin/python" tests/aws/template_checks.py template.yaml "$work/transformed.json"
check "cfn-lint of the transformed template" "$lint/bin/cfn-lint" --ignore-checks W --template "$work/transformed.json"
check "checkov: nothing failed, each skip with its reason" "$scan/bin/checkov" --file template.yaml --framework cloudformation --compact --quiet --skip-download
check "CDK: the app compiles" compile_cdk
check "CDK: synth for the example customers" synthesise infra/cdk/customers.json
check "CDK: what was synthesised" "$lint/bin/python" tests/aws/cdk_checks.py "$work/cdk.out" infra/cdk/customers.json
check "CDK: a parameter for tests only is refused" refuse_tests_only_parameters
exit "$failed"
