//! A function that does nothing: what a start costs at least. Built by tests/aws/run, outside the workspace, with the same profile.

use lambda_runtime::{LambdaEvent, Runtime, service_fn};

fn main() -> Result<(), lambda_runtime::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let service = service_fn(|event: LambdaEvent<serde_json::Value>| async move { Ok::<_, lambda_runtime::Error>(event.payload) });
        Runtime::new(service).run().await
    })
}
