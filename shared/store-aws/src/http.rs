//! The HTTP client under the clients of AWS: the same library as under the connectors, so that a function carries one stack.
//!
//! In: a signed request, whole. Out: the answer, whole, or how the connection failed, sorted so that the SDK knows what to repeat.
//! Repeats nothing and follows nothing by itself; the limits of time for an attempt are the SDK's own.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use reqwest::Method;

/// How long a connection lies idle before it is closed, which is less than AWS keeps it.
const IDLE_MAX: Duration = Duration::from_secs(15);

/// A client with its pool of connections, shared by all services.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Result<reqwest::Client, &'static str>,
}

impl Http {
    /// A client whose connections take at most so long to be made.
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .gzip(false)
            .pool_idle_timeout(IDLE_MAX)
            .connect_timeout(connect_timeout)
            .build()
            .map_err(|_| "no HTTP client could be made: check this machine's TLS setup");
        Self { client }
    }
}

impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        HttpConnectorFuture::new(async move {
            let client = client.map_err(|cause| ConnectorError::user(cause.into()))?;
            send(&client, &request).await
        })
    }
}

async fn send(client: &reqwest::Client, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let method = Method::from_bytes(request.method().as_bytes())
        .map_err(|error| ConnectorError::user(error.into()))?;
    let body = request
        .body()
        .bytes()
        .ok_or_else(|| ConnectorError::user("a body that is not in memory cannot be sent".into()))?;
    let mut sent = client.request(method, request.uri()).body(body.to_vec());
    for (name, value) in request.headers() {
        sent = sent.header(name, value);
    }
    let answer = sent.send().await.map_err(sort)?;
    let status =
        StatusCode::try_from(answer.status().as_u16()).map_err(|error| ConnectorError::user(error.into()))?;
    let headers = answer.headers().clone();
    let body = answer.bytes().await.map_err(sort)?;
    let mut response = HttpResponse::new(status, body.into());
    for (name, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        response
            .headers_mut()
            .try_append(name.as_str().to_owned(), value)
            .map_err(|error| ConnectorError::user(error.into()))?;
    }
    Ok(response)
}

/// What the SDK is told: a connection that failed or broke is tried again, a request that cannot be made is not.
fn sort(error: reqwest::Error) -> ConnectorError {
    let (is_timeout, is_connect, is_builder) = (error.is_timeout(), error.is_connect(), error.is_builder());
    let error = Box::new(error.without_url());
    match () {
        () if is_builder => ConnectorError::user(error),
        () if is_timeout && is_connect => ConnectorError::timeout(error).never_connected(),
        () if is_timeout => ConnectorError::timeout(error),
        () if is_connect => ConnectorError::io(error).never_connected(),
        () => ConnectorError::io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    async fn call(answer: &'static [u8]) -> Result<HttpResponse, ConnectorError> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = vec![0; 4096];
            let read = stream.read(&mut asked).unwrap();
            stream.write_all(answer).unwrap();
            String::from_utf8_lossy(&asked[..read]).into_owned()
        });
        let mut request = HttpRequest::new("{}".into());
        request.set_method("POST").unwrap();
        request.set_uri(format!("http://{address}/")).unwrap();
        request
            .headers_mut()
            .insert("x-amz-target", "DynamoDB_20120810.GetItem");
        let client = Http::new(Duration::from_secs(5));
        let result = client.call(request).await;
        let asked = server.join().unwrap().to_ascii_lowercase();
        assert!(asked.starts_with("post / http/1.1\r\n"), "{asked}");
        assert!(
            asked.contains("x-amz-target: dynamodb_20120810.getitem\r\n"),
            "{asked}"
        );
        result
    }

    #[tokio::test]
    async fn an_answer_comes_whole_with_its_status_and_headers() {
        let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nx-amz-crc32: 7\r\n\r\n{}";
        let response = call(answer).await.unwrap();
        assert_eq!(response.status().as_u16(), 400);
        assert_eq!(response.headers().get("x-amz-crc32"), Some("7"));
        assert_eq!(response.body().bytes(), Some("{}".as_bytes()));
    }

    #[tokio::test]
    async fn a_connection_that_breaks_within_the_answer_is_one_to_try_again() {
        let error = call(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n{")
            .await
            .unwrap_err();
        assert!(error.is_io(), "{error:?}");
    }

    #[tokio::test]
    async fn a_refused_connection_is_one_to_try_again() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut request = HttpRequest::new("{}".into());
        request.set_uri(format!("http://{closed}/")).unwrap();
        let error = Http::new(Duration::from_secs(5)).call(request).await.unwrap_err();
        assert!(error.is_io(), "{error:?}");
    }
}
