//! `linnbooks --stack`: the command line on a deployed stack, with the real program and an emulator of AWS.
//!
//! In: a CloudFormation stack with the resources, outputs and parameters of template.yaml that the command line reads, and simulated
//! accounts. Out: golden outputs; documents posted once. The functions are played by the test, with the stack's own parts: the deployed
//! functions have their tests in `aws`. No run may show a secret, however much is logged.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::types::Parameter;
use aws_sdk_dynamodb::config::Credentials;
use integration_tests::audit::{Stage, audit_books};
use integration_tests::process::linnbooks_path;
use integration_tests::world::{Seller, SellerOptions};
use pipeline::fetch::FetchRequest;
use ports::{Run, RunId, RunLog, RunState, SystemClock};
use serde_json::{Value, json};
use simulators::time::SimulatedTime;
use stack::{Description, Stack, account, company};
use store_aws::Connection;
use tokio::process::Command;

use crate::emulators;

const NAME: &str = "shop";

const AWS_SECRET: &str = "canary-of-the-aws-key";

const RULES: &str = "rules:\n  - name: Amazon numbers start with AZ\n    when: { field: total_charge, greater_than: 0 }\n    then: [{ map_number_prefix: AZ- }]\n";

/// A deployed stack with its seller.
struct Shop {
    seller: Seller,
    emulator: emulators::Emulator,
    directory: tempfile::TempDir,
    config: SdkConfig,
    outputs: Value,
}

/// A run of the program that ended.
struct Ended {
    code: i32,
    stdout: String,
    said: String,
}

impl Shop {
    async fn open(orders: u32) -> Self {
        let options = SellerOptions {
            anomalies: false,
            gbp_only: true,
            ..SellerOptions::default()
        };
        let mut seller = Seller::open(options, SimulatedTime::new()).await;
        seller.add_orders(orders);
        let emulator = emulators::start_ministack();
        let key = emulators::ACCESS_KEY;
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(Connection::http_client())
            .region(Region::new(emulators::REGION))
            .credentials_provider(Credentials::new(key, key, None, None, "tests"))
            .endpoint_url(emulator.url())
            .load()
            .await;
        let mut shop = Self {
            seller,
            emulator,
            directory: tempfile::tempdir().unwrap(),
            config,
            outputs: json!({}),
        };
        shop.deploy().await;
        shop
    }

    async fn deploy(&mut self) {
        let client = aws_sdk_cloudformation::Client::new(&self.config);
        let books = self.seller.quickbooks.address();
        let given = [
            ("Stage", "test".to_owned()),
            ("LinnworksAuthUrl", self.seller.linnworks.address()),
            ("QuickBooksApiUrl", books.clone()),
            ("QuickBooksTokenUrl", format!("{books}/oauth2/v1/tokens/bearer")),
            ("PostConcurrency", "2".to_owned()),
        ];
        let parameters = given.iter().map(|(key, value)| {
            Parameter::builder()
                .parameter_key(*key)
                .parameter_value(value)
                .build()
        });
        client
            .create_stack()
            .stack_name(NAME)
            .template_body(self.template().to_string())
            .set_parameters(Some(parameters.collect()))
            .send()
            .await
            .unwrap();
        loop {
            let asked = client.describe_stacks().stack_name(NAME).send().await.unwrap();
            let found = &asked.stacks()[0];
            let status = found.stack_status().unwrap().as_str();
            assert!(
                !status.contains("FAILED") && !status.contains("ROLLBACK"),
                "{status}"
            );
            if status == "CREATE_COMPLETE" {
                for one in found.outputs() {
                    self.outputs[one.output_key().unwrap()] = one.output_value().unwrap().into();
                }
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// What template.yaml has of it, without its functions.
    fn template(&self) -> Value {
        let (source, books) = (
            self.seller.linnworks.credentials(),
            self.seller.quickbooks.credentials(),
        );
        let linnworks = json!({
            "application_id": source.application_id, "application_secret": source.application_secret, "token": source.token,
        });
        let quickbooks = json!({
            "client_id": books.client_id, "client_secret": books.client_secret, "realm_id": books.realm_id,
            "refresh_token": books.refresh_token,
        });
        let secret = |name: &str, value: &Value| {
            json!({"Type": "AWS::SecretsManager::Secret", "Properties": {
                "Name": format!("linnbooks/{NAME}/{name}"), "SecretString": value.to_string(),
            }})
        };
        let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let queue = |name: &str| json!({"Type": "AWS::SQS::Queue", "Properties": {"QueueName": format!("{NAME}-{name}")}});
        let text = || json!({"Type": "String"});
        let output = |resource: &str| json!({"Value": {"Ref": resource}});
        json!({
            "Parameters": {
                "Stage": text(), "LinnworksAuthUrl": text(), "QuickBooksApiUrl": text(), "QuickBooksTokenUrl": text(),
                "PostConcurrency": text(),
            },
            "Resources": {
                "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [attribute("p"), attribute("s"), attribute("m")],
                    "KeySchema": [key("p", "HASH"), key("s", "RANGE")],
                    "GlobalSecondaryIndexes": [{
                        "IndexName": "moving", "KeySchema": [key("m", "HASH")], "Projection": {"ProjectionType": "KEYS_ONLY"},
                    }],
                }},
                "OrdersQueue": queue("orders"), "OrdersDeadLetters": queue("orders-dead"),
                "PostingsQueue": queue("postings"), "PostingsDeadLetters": queue("postings-dead"),
                "RequestsQueue": queue("requests"),
                "LinnworksSecret": secret("linnworks", &linnworks), "QuickBooksSecret": secret("quickbooks", &quickbooks),
            },
            "Outputs": {
                "TableName": output("Table"), "RequestsQueueUrl": output("RequestsQueue"),
                "OrdersQueueUrl": output("OrdersQueue"), "OrdersDeadLettersUrl": output("OrdersDeadLetters"),
                "PostingsQueueUrl": output("PostingsQueue"), "PostingsDeadLettersUrl": output("PostingsDeadLetters"),
                "SecretsPrefix": {"Value": format!("linnbooks/{NAME}/")},
            },
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let key = emulators::ACCESS_KEY;
        let nothing = self.directory.path().join("nothing");
        let mut command = Command::new(linnbooks_path());
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("LINNBOOKS_STACK", NAME)
            .env("LINNBOOKS_LOG", "trace")
            .env("NO_COLOR", "1")
            .env("AWS_ENDPOINT_URL", self.emulator.url())
            .env("AWS_REGION", emulators::REGION)
            .env("AWS_ACCESS_KEY_ID", key)
            .env("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
            .env("AWS_CONFIG_FILE", &nothing)
            .env("AWS_SHARED_CREDENTIALS_FILE", &nothing)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_PROFILE")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs the program with everything logged, and looks for secrets in what it wrote.
    async fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let (source, books) = (
            self.seller.linnworks.credentials(),
            self.seller.quickbooks.credentials(),
        );
        // The simulated client secret is a word.
        let secrets = [
            source.application_secret,
            source.token,
            books.refresh_token,
            AWS_SECRET.to_owned(),
        ];
        for secret in secrets {
            assert!(
                !stdout.contains(&secret) && !stderr.contains(&secret),
                "a secret is shown by {arguments:?}"
            );
        }
        for word in ["AWS4-HMAC", "Bearer ", "Basic ", "panicked"] {
            assert!(
                !stderr.contains(word),
                "{word} is shown by {arguments:?}: {stderr}"
            );
        }
        let said = stderr.lines().filter(|line| line.starts_with("linnbooks: "));
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout,
            said: said.collect::<Vec<_>>().join("\n"),
        }
    }

    /// Runs it and returns what it printed; it must end with this code.
    async fn say(&self, arguments: &[&str], code: i32) -> String {
        let ended = self.run(arguments).await;
        assert_eq!(
            ended.code, code,
            "{arguments:?}: {}\n{}",
            ended.stdout, ended.said
        );
        [ended.said, ended.stdout].concat().trim().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).unwrap();
    }

    /// The stack as its functions have it.
    fn open_stack(&self) -> Stack {
        let books = self.seller.quickbooks.address();
        let description = Description::read(&|name| {
            let output = |key: &str| self.outputs[key].as_str().map(str::to_owned);
            match name {
                "TABLE_NAME" => output("TableName"),
                "ORDERS_QUEUE_URL" => output("OrdersQueueUrl"),
                "ORDERS_DEAD_LETTERS_URL" => output("OrdersDeadLettersUrl"),
                "POSTINGS_QUEUE_URL" => output("PostingsQueueUrl"),
                "POSTINGS_DEAD_LETTERS_URL" => output("PostingsDeadLettersUrl"),
                "REQUESTS_QUEUE_URL" => output("RequestsQueueUrl"),
                "SECRETS_PREFIX" => output("SecretsPrefix"),
                "LINNWORKS_AUTH_URL" => Some(self.seller.linnworks.address()),
                "QUICKBOOKS_API_URL" => Some(books.clone()),
                "QUICKBOOKS_TOKEN_URL" => Some(format!("{books}/oauth2/v1/tokens/bearer")),
                "ALLOW_LOOPBACK" => Some("true".to_owned()),
                "QUICKBOOKS_SHARES" => Some("3".to_owned()),
                _ => None,
            }
        })
        .unwrap();
        Stack::open(description, &Connection::on(&self.config), Arc::new(SystemClock))
    }

    /// Plays the functions: takes a request from the queue and brings it to its end. Returns the run's record.
    async fn work_off_request(&self) -> Run {
        let stack = self.open_stack();
        let url = &stack.description().requests_queue_url;
        let sqs = Connection::on(&self.config).sqs();
        let received = sqs
            .receive_message()
            .queue_url(url)
            .wait_time_seconds(20)
            .send()
            .await
            .unwrap();
        let message = &received.messages.unwrap()[0];
        let wanted: Value = serde_json::from_str(message.body().unwrap()).unwrap();
        let id: RunId = wanted["run_id"].as_str().unwrap().parse().unwrap();
        let mut run = stack.store().run(id).await.unwrap().unwrap();
        assert_eq!(run.state, RunState::Requested);
        let orders = wanted["orders"].as_array().unwrap().iter();
        let references = orders.map(|order| order.as_str().unwrap().to_owned()).collect();
        run.fetched = self.sync(&stack, references).await;
        run.state = RunState::Finished;
        stack.store().put_run(&run).await.unwrap();
        run
    }

    async fn sync(&self, stack: &Stack, references: Vec<String>) -> usize {
        let core = stack.core().await.unwrap();
        let source = account::open(stack, &core.settings).await.unwrap();
        let books = company::open(stack, &core.settings).await.unwrap();
        let request = FetchRequest {
            references,
            ..FetchRequest::default()
        };
        let run = pipeline::sync::sync(&core, &source, &books, &request)
            .await
            .unwrap();
        assert!(run.stopped_by.is_none(), "{:?}", run.stopped_by);
        run.fetched
    }

    /// The shop with the seller's settings in force.
    async fn with_settings(orders: u32) -> Self {
        let shop = Self::open(orders).await;
        shop.write("settings.toml", &shop.seller.settings_text());
        let said = shop.say(&["settings", "import", "settings.toml"], 0).await;
        assert!(
            said.contains("The settings of the stack shop: none -> "),
            "{said}"
        );
        shop
    }

    fn numbers(&self) -> Vec<String> {
        let numbers: std::collections::BTreeSet<i32> =
            self.seller.expected.values().map(|one| one.number).collect();
        numbers.iter().map(ToString::to_string).collect()
    }

    fn find_violations(&self) -> Vec<String> {
        let books = self.seller.quickbooks.books();
        audit_books(
            &self.seller.expected,
            self.seller.document(),
            &books,
            Stage::Ended,
        )
    }
}

/// Compares with a golden output, without what differs from run to run.
fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("it/snapshots"));
    settings.set_omit_expression(true);
    settings.add_filter(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z", "INSTANT");
    settings.add_filter(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "GUID",
    );
    settings.add_filter(r"\b[0-9a-f]{16}\b", "VERSION");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_rules_are_put_in_force_by_version_and_the_history_says_who_did_it() {
    if emulators::are_skipped() {
        return;
    }
    let shop = Shop::open(0).await;
    let mut told = vec![shop.say(&["settings", "show"], 2).await];
    shop.write("settings.toml", &shop.seller.settings_text());
    shop.write("broken.toml", "[start]\nstart_day = 1\n");
    shop.write("rules.yaml", RULES);
    shop.write("other.yaml", &RULES.replace("AZ-", "A-"));
    told.push(shop.say(&["settings", "import", "broken.toml"], 2).await);
    told.push(shop.say(&["settings", "import", "settings.toml"], 0).await);
    told.push(shop.say(&["settings", "import", "settings.toml"], 0).await);
    let version = shop.say(&["settings", "show"], 0).await;
    told.push(version.lines().next().unwrap().to_owned());
    told.push(shop.say(&["rules", "list"], 2).await);
    told.push(
        shop.say(&["rules", "import", "rules.yaml", "--by", "a bookkeeper"], 0)
            .await,
    );
    told.push(
        shop.say(
            &["rules", "import", "other.yaml", "--replaces", "0123456789abcdef"],
            2,
        )
        .await,
    );
    told.push(shop.say(&["rules", "import", "other.yaml"], 0).await);
    told.push(shop.say(&["rules", "list"], 0).await);
    let history: Value = serde_json::from_str(&shop.say(&["rules", "history", "--json"], 0).await).unwrap();
    let first = history["changes"][1]["version"].as_str().unwrap().to_owned();
    assert_eq!(history["changes"][0]["replaced"], first.as_str());
    told.push(shop.say(&["rules", "rollback", &first], 0).await);
    told.push(shop.say(&["rules", "history"], 0).await);
    told.push(shop.say(&["rules", "check", "--offline"], 0).await);
    told.push(shop.say(&["settings", "history"], 0).await);
    golden("settings_and_rules_of_a_stack", &told.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_previewed_asked_for_and_tried_again_on_a_stack() {
    if emulators::are_skipped() {
        return;
    }
    let shop = Shop::with_settings(3).await;
    let numbers = shop.numbers();
    let one = numbers[0].as_str();
    let preview: Value = serde_json::from_str(&shop.say(&["preview", one, "--json"], 0).await).unwrap();
    assert!(preview.to_string().contains(one), "{preview}");
    let planned = shop.say(&["sync", "--dry-run", "--order", one], 0).await;
    assert!(planned.contains("nothing was stored"), "{planned}");
    assert!(
        shop.seller.quickbooks.books().transactions.is_empty(),
        "a preview posted"
    );
    assert_eq!(shop.say(&["log"], 0).await, "no documents");

    let asked: Value = serde_json::from_str(&shop.say(&["sync", "--order", one, "--json"], 0).await).unwrap();
    let run = shop.work_off_request().await;
    assert_eq!(
        (asked["run_id"].as_str().unwrap(), run.by.as_str()),
        (run.id.to_string().as_str(), "command line")
    );
    assert_eq!(run.wanted, format!("orders {one}"));

    // Who waits sees the end; the functions work meanwhile.
    let arguments = [
        "sync",
        "--order",
        numbers[1].as_str(),
        "--order",
        numbers[2].as_str(),
        "--wait",
    ];
    let (told, _) = tokio::join!(shop.say(&arguments, 0), shop.work_off_request());
    assert!(told.contains("2 fetched; 2 posted"), "{told}");
    let told = shop.say(&["resync", one], 0).await;
    assert!(told.contains("in QuickBooks as recorded"), "{told}");
    let told = shop
        .say(&["resync", one, "--replace", "--by", "a bookkeeper"], 0)
        .await;
    assert!(
        told.contains("queued again") && told.contains("The functions of the stack shop post it"),
        "{told}"
    );
    shop.sync(&shop.open_stack(), Vec::new()).await;
    let story = shop.say(&["log", "--order", one], 0).await;
    assert!(
        story.contains("a bookkeeper") && story.contains("posted"),
        "{story}"
    );
    assert_eq!(shop.find_violations(), Vec::<String>::new());
    let day = |days: i64| {
        let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        now.checked_add(jiff::SignedDuration::from_hours(24 * days))
            .unwrap()
            .to_string()
    };
    let proof = shop
        .say(&["reconcile", "--from", &day(-2), "--to", &day(1)], 0)
        .await;
    assert!(proof.contains("PROVED: 3 orders"), "{proof}");
    shop.write("rules.yaml", RULES);
    let replayed = shop
        .say(
            &[
                "replay",
                "--from",
                &day(-2),
                "--to",
                &day(1),
                "--rules",
                "rules.yaml",
            ],
            0,
        )
        .await;
    assert!(
        replayed.contains("3 documents compared, 3 would differ"),
        "{replayed}"
    );
    assert_eq!(shop.say(&["resolve", one, "--post"], 2).await.lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_and_a_function_that_renew_the_token_at_the_same_time_lose_none() {
    if emulators::are_skipped() {
        return;
    }
    let shop = Shop::with_settings(6).await;
    let numbers = shop.numbers();
    let stack = shop.open_stack();
    for number in &numbers {
        // Both sides find the token outdated, and QuickBooks takes each refresh token once.
        shop.seller.quickbooks.expire_access_tokens();
        let preview = ["preview", number.as_str(), "--json"];
        let (told, fetched) = tokio::join!(shop.say(&preview, 0), shop.sync(&stack, vec![number.clone()]));
        assert!(!told.is_empty() && fetched == 1);
    }
    assert_eq!(shop.find_violations(), Vec::<String>::new());
    shop.seller.quickbooks.expire_access_tokens();
    shop.say(&["settings", "check"], 0).await;
}
