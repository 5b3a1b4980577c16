# Shortcuts; each line is the command itself, so that it can be run without just.

# Everything that the tests check.
test *FILTERS:
    tests/run {{FILTERS}}

# What continuous integration runs.
ci:
    bash .ci/run

# The main job against simulators.
demo *ARGUMENTS:
    cargo run -- demo {{ARGUMENTS}}

# Looks at changed snapshots and takes the new ones.
snapshots:
    INSTA_UPDATE=always cargo nextest run -p integration-tests
    git diff --stat -- '*.snap'
