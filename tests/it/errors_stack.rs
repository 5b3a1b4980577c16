//! The error catalogue: `--stack` with a stack, credentials or a permission that is not there.
//!
//! In: answers of CloudFormation as AWS gives them, from a server of the test's own. Out: the messages, see `errors`. All of these end
//! with 2 before anything of the stack is read.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::errors::Situation;

/// A server that answers every request with this; hands out the requests' heads.
fn answer(status: &'static str, body: String) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !String::from_utf8_lossy(&request).contains("StackName=") {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => request.extend_from_slice(&buffer[..count]),
                }
            }
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).ok();
            if sender
                .send(String::from_utf8_lossy(&request).into_owned())
                .is_err()
            {
                return;
            }
        }
    });
    (address, receiver)
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>b9b4b068-3a41-11e5-94eb-example</RequestId></ErrorResponse>"
    )
}

/// A person with keys and a region, in front of this CloudFormation.
async fn person(address: &str) -> Situation {
    let mut one = Situation::open().await;
    let nothing = one.path("nothing").display().to_string();
    for (name, value) in [
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "canary-of-the-aws-key"),
        ("AWS_SESSION_TOKEN", ""),
        ("AWS_REGION", "eu-west-2"),
        ("AWS_DEFAULT_REGION", ""),
        ("AWS_PROFILE", ""),
        ("AWS_CONFIG_FILE", nothing.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", nothing.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        one.export(name, value);
    }
    one
}

const LOG: [&str; 3] = ["log", "--stack", "shop"];

async fn refused(name: &str, what: &str, status: &'static str, body: String) {
    let (address, _requests) = answer(status, body);
    person(&address).await.catalogue(name, what, &LOG, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_is_not_there_is_named_with_its_region() {
    let body = refusal("ValidationError", "Stack with id shop does not exist");
    refused(
        "stack_not_found",
        "There is no stack of this name in the region.",
        "400 Bad Request",
        body,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_of_something_else_is_named_with_what_it_lacks() {
    let body = "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks><member>\
                <StackName>shop</StackName><StackId>arn:aws:cloudformation:eu-west-2:123456789012:stack/shop/1</StackId>\
                <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
                </member></Stacks></DescribeStacksResult></DescribeStacksResponse>";
    refused(
        "stack_of_something_else",
        "The stack is not one of linnbooks.",
        "200 OK",
        body.to_owned(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_credentials_are_told_from_wrong_ones() {
    let body = refusal(
        "ExpiredToken",
        "The security token included in the request is expired",
    );
    refused(
        "stack_credentials_expired",
        "The session of the AWS credentials is over.",
        "403 Forbidden",
        body,
    )
    .await;
    let body = refusal(
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    );
    refused(
        "stack_credentials_wrong",
        "AWS does not know the keys.",
        "403 Forbidden",
        body,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named_without_the_name_of_the_person() {
    let message = "User: arn:aws:iam::123456789012:user/jo.bloggs is not authorized to perform: cloudformation:DescribeStacks";
    let body = refusal("AccessDenied", message);
    refused(
        "stack_permission_missing",
        "The credentials may not look at stacks.",
        "403 Forbidden",
        body,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_credentials_and_a_missing_region_are_asked_for() {
    let mut one = person("http://127.0.0.1:9").await;
    one.export("AWS_ACCESS_KEY_ID", "");
    one.export("AWS_SECRET_ACCESS_KEY", "");
    one.catalogue("stack_no_credentials", "There are no AWS credentials.", &LOG, 2)
        .await;
    one.export("AWS_REGION", "");
    one.catalogue("stack_no_region", "Nobody says which region.", &LOG, 2)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_with_a_credential_process_signs_the_question_and_one_that_signs_in_by_browser_is_explained()
 {
    let (address, requests) = answer(
        "400 Bad Request",
        refusal("ValidationError", "Stack with id shop does not exist"),
    );
    let mut one = person(&address).await;
    let keys = r#"{"Version":1,"AccessKeyId":"AKIAFROMPROCESS","SecretAccessKey":"canary-of-the-process","AccountId":"123456789012"}"#;
    std::fs::write(one.path("keys.json"), keys).unwrap();
    let profiles = format!(
        "[profile acme]\nregion = eu-west-1\ncredential_process = cat {}\n[profile staff]\nregion = eu-west-1\n\
         sso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n",
        one.path("keys.json").display()
    );
    std::fs::write(one.path("config"), profiles).unwrap();
    let path = one.path("config").display().to_string();
    let arguments = ["log", "--stack", "shop", "--region", "eu-west-1"];
    for (name, value) in [
        ("AWS_CONFIG_FILE", path.as_str()),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_PROFILE", "acme"),
    ] {
        one.export(name, value);
    }
    one.catalogue(
        "stack_not_found_by_profile",
        "The profile's account has no stack of this name.",
        &arguments,
        2,
    )
    .await;
    let request = requests.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(
        request.contains("AKIAFROMPROCESS") && request.contains("eu-west-1/cloudformation"),
        "{request}"
    );
    one.export("AWS_PROFILE", "staff");
    one.catalogue(
        "stack_profile_by_browser",
        "The profile signs in through the browser.",
        &arguments,
        2,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_on_a_stack_or_without_one_is_refused() {
    let one = Situation::open().await;
    one.catalogue(
        "stack_demo",
        "The demo needs no stack.",
        &["demo", "--stack", "shop"],
        2,
    )
    .await;
    let arguments = ["settings", "import", "settings.toml"];
    one.catalogue(
        "import_without_stack",
        "A folder's settings are its file.",
        &arguments,
        2,
    )
    .await;
}
