# What the checks of the template need, installed once into target/tools by package name and version. Sourced, not run.
#
#   python_tool NAME PACKAGE==VERSION...   a virtual environment of its own; prints its folder
#   node_tool NAME PACKAGE@VERSION...      a folder with node_modules; prints it
#
# A marker with the wanted versions says that an installation was finished. On failure: a plain sentence, status 1.

tools_root="${CARGO_TARGET_DIR:-target}/tools"

python_tool() {
    local folder="$tools_root/$1"
    shift
    if [ "$(cat "$folder/installed.txt" 2>/dev/null)" != "$*" ]; then
        rm -rf "$folder"
        mkdir -p "$tools_root"
        python3 -m venv "$folder" >&2 || { echo "python3 has no venv: install the package python3-venv." >&2; return 1; }
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2 ||
            { echo "pip could not install $*: PyPI must be reachable (PIP_INDEX_URL names a mirror)." >&2; return 1; }
        echo "$*" >"$folder/installed.txt"
    fi
    (cd "$folder" && pwd)
}

node_tool() {
    local folder="$tools_root/$1"
    shift
    if [ "$(cat "$folder/installed.txt" 2>/dev/null)" != "$*" ]; then
        rm -rf "$folder"
        mkdir -p "$folder"
        npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" "$@" >&2 ||
            { echo "npm could not install $*: Node.js 20 and its registry are needed." >&2; return 1; }
        echo "$*" >"$folder/installed.txt"
    fi
    (cd "$folder" && pwd)
}

cfn_lint() { python_tool cfn-lint-1.58.0 cfn-lint==1.58.0 aws-sam-translator==1.115.0; }
sam_cli() { python_tool aws-sam-cli-1.170.0 aws-sam-cli==1.170.0; }
checkov() { python_tool checkov-3.3.30 checkov==3.3.30; }
cdk() { node_tool aws-cdk-lib-2.276.0 aws-cdk-lib@2.276.0 constructs@10.8.1 typescript@5.9.3 @types/node@20.19.0; }
cargo_lambda() { python_tool cargo-lambda-1.9.2 cargo-lambda==1.9.2 ziglang==0.17.1; }
schemathesis() { python_tool schemathesis-4.32.5 schemathesis==4.32.5; }
