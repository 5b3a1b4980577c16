//! Nothing secret or personal reaches the logs (reliability.md 4.1).

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use domain::{DocumentLine, PostalAddress};
use ports::{Books, NewEntity, Probe, ProbeBy};
use quickbooks_online::QuickBooksOnline;
use secrecy::SecretString;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::freeze::new_customer;
use crate::support::*;

/// Writes every event of every level down.
#[derive(Clone, Default)]
pub struct Everything(pub Arc<Mutex<String>>);

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        attributes.record(&mut Line(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0, "{field}={value:?}").unwrap();
    }
}

#[tokio::test]
async fn no_secret_and_nothing_personal_is_logged() {
    let log = Everything::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let server = Server::start(|request, before| match request {
        request if request.is_token() => tokens("canary-access", "canary-rotated"),
        _ if before % 3 == 0 => fault(400, "6210", "canary fault text"),
        _ if before % 3 == 1 => expired(),
        _ => Reply::Answer(200, "text/html", "<html>canary</html>".into()),
    })
    .await;
    let mut config = config(&server.url);
    config.client_secret = SecretString::from("canary-client");
    config.refresh_token = Some(SecretString::from("canary-first"));
    let books = QuickBooksOnline::new(config, FakeClock::new(), Arc::new(MemoryVault::default())).unwrap();
    let mut document = document("LW1");
    document.email = Some("canary@example.com".into());
    document.private_note = "canary note".into();
    document.shipping_address = Some(PostalAddress {
        lines: vec!["canary street".into()],
        ..PostalAddress::default()
    });
    document
        .lines
        .push(DocumentLine::Description("canary line".into()));
    let kind = domain::TransactionKind::SalesReceipt;
    let call = books.freeze(&[submit(&document, kind, 1)]).unwrap();
    for _ in 0..4 {
        books.send(&call).await;
    }
    let probe = Probe {
        kind,
        by: ProbeBy::Number("canary-number".into()),
    };
    let _ = books.look_up(&[probe]).await;
    let _ = books
        .ensure_entities(&[NewEntity::Customer(new_customer("canary name"))])
        .await;
    let text = log.0.lock().unwrap().clone();
    assert!(
        text.contains("intuit_tid=\"tid-"),
        "the calls are logged with their intuit_tid: {text}"
    );
    assert!(!text.contains("canary"), "{text}");
}
