//! Shows what would be posted for one order, and writes nothing.
//!
//! In: an order as Linnworks has it now, settings, lists. Out: mapped fields with their sources, warnings, the planned request bodies,
//! and for a posted order what QuickBooks holds. Two previews of the same order are byte for byte the same.

use domain::document::{CustomerRef, DocumentLine, ExchangeRate, ItemRef};
use domain::{
    AccountingDocument, DocumentKey, Explanation, ListId, ListRef, Marker, Order, Reason, TransactionId,
};
use mapping::Outcome;
use ports::{Books, DocumentRecord, KnownLists, NewEntity, OrderSource, SourceOrder, Submission};

use crate::core::Core;
use crate::error::RunError;
use crate::fetch::find_references;
use crate::lists::peek_lists;

/// What would happen to an order.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The order.
    pub order: Box<Order>,
    /// What is recorded of it.
    pub record: Option<DocumentRecord>,
    /// Where each field came from, and warnings.
    pub explanation: Explanation,
    /// The end it would come to.
    pub plan: Plan,
}

/// The end a previewed order would come to.
#[derive(Clone, Debug)]
pub enum Plan {
    /// These requests, in this order.
    Post {
        /// The document. Boxed: it is large.
        document: Box<AccountingDocument>,
        /// Customers and items made first.
        creates: Vec<NewEntity>,
        /// Each transaction with its request body.
        requests: Vec<PlannedRequest>,
    },
    /// Left out.
    Skip(Reason),
    /// Held.
    Hold(Reason),
}

/// One request that would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRequest {
    /// The resource, such as `salesreceipt`.
    pub resource: String,
    /// The body. Ids that are not known yet are shown as `(...)`.
    pub body: String,
}

/// Previews the order with this number or reference.
///
/// # Errors
/// Those of Linnworks and QuickBooks; a number that fits none or several.
pub async fn preview(
    core: &Core,
    source: &dyn OrderSource,
    books: &dyn Books,
    reference: &str,
) -> Result<Preview, RunError> {
    let headers = find_references(source, &[reference.to_owned()]).await?;
    let read = source.read_orders(&headers).await?;
    let order = match read.orders.into_iter().next() {
        Some(SourceOrder::Read(order)) => order,
        Some(SourceOrder::Malformed { cause, .. }) => {
            return Err(RunError::request(
                format!("order {reference} could not be read: {cause}"),
                "Correct it in Linnworks",
            ));
        }
        None => {
            return Err(RunError::request(
                format!("Linnworks lists order {reference} and did not return it"),
                "Try again in a few minutes",
            ));
        }
    };
    let known = peek_lists(core, books).await?;
    let record = core.store.get(&DocumentKey::order(order.id)).await?;
    let (explanation, plan) = plan(core, books, &known, &order, record.as_ref()).await?;
    Ok(Preview {
        order,
        record,
        explanation,
        plan,
    })
}

/// Maps an order and plans its requests.
///
/// # Errors
/// Those of QuickBooks while an exchange rate is read.
pub async fn plan(
    core: &Core,
    books: &dyn Books,
    known: &KnownLists,
    order: &Order,
    record: Option<&DocumentRecord>,
) -> Result<(Explanation, Plan), RunError> {
    let mapped = mapping::explain_order(order, &core.context(known));
    let plan = match mapped.outcome {
        Outcome::Skipped(reason) => Plan::Skip(reason),
        Outcome::Held(reason) => Plan::Hold(reason),
        Outcome::Document(document) => {
            let creates = creates_of(&document);
            let shown = resolve_for_show(core, books, (*document).clone()).await?;
            let revision = record.map_or(1, |record| record.revision);
            let marker = Marker {
                key: DocumentKey::order(order.id),
                revision,
            };
            let requests = requests(books, &shown, &marker)?;
            Plan::Post {
                document,
                creates,
                requests,
            }
        }
    };
    Ok((mapped.explanation, plan))
}

fn requests(
    books: &dyn Books,
    document: &AccountingDocument,
    marker: &Marker,
) -> Result<Vec<PlannedRequest>, RunError> {
    let CustomerRef::Existing(customer) = &document.customer else {
        return Ok(Vec::new());
    };
    let mut requests = Vec::new();
    for (index, kind) in document.kind.steps().iter().enumerate() {
        let submission = Submission {
            marker: marker.clone(),
            kind: *kind,
            document,
            invoice: (index > 0).then(|| TransactionId::new("(the invoice)")),
            customer: customer.id.clone(),
        };
        let call = books.freeze(&[submission])?;
        requests.push(PlannedRequest {
            resource: call.resource,
            body: call.body,
        });
    }
    Ok(requests)
}

fn creates_of(document: &AccountingDocument) -> Vec<NewEntity> {
    let mut creates = Vec::new();
    if let CustomerRef::New(customer) = &document.customer {
        creates.push(NewEntity::Customer(customer.clone()));
    }
    for line in &document.lines {
        if let DocumentLine::Item(line) = line
            && let ItemRef::New(item) = &line.item
        {
            creates.push(NewEntity::Item(item.clone()));
        }
    }
    creates
}

async fn resolve_for_show(
    core: &Core,
    books: &dyn Books,
    mut document: AccountingDocument,
) -> Result<AccountingDocument, RunError> {
    let to_come = |what: &str, name: &str| ListRef {
        id: ListId::new(format!("(new {what})")),
        name: name.to_owned(),
    };
    if let CustomerRef::New(customer) = &document.customer {
        document.customer = CustomerRef::Existing(to_come("customer", &customer.display_name));
    }
    for line in &mut document.lines {
        if let DocumentLine::Item(line) = line
            && let ItemRef::New(item) = &line.item
        {
            line.item = ItemRef::Existing(to_come("item", &item.name));
        }
    }
    if document.exchange_rate == ExchangeRate::OfTheDay {
        let known = core.store.exchange_rate(document.currency, document.date).await?;
        let rate = match known {
            Some(rate) => Some(rate),
            None => books.read_exchange_rate(document.currency, document.date).await?,
        };
        document.exchange_rate = rate.map_or(ExchangeRate::Home, ExchangeRate::Given);
    }
    Ok(document)
}
