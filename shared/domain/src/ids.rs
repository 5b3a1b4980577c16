//! One type per identity, so that swapping two of them does not compile.
//!
//! In: text from the outside, checked once here. Out: values that deeper code trusts. Does not look anything up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A stock keeping unit of Linnworks. May be any text.
    Sku
}
text_id! {
    /// The id of a list object (customer, item, account, tax code ...) in QuickBooks.
    ListId
}
text_id! {
    /// The id of a transaction (sales receipt, invoice, payment ...) in QuickBooks.
    TransactionId
}
text_id! {
    /// The version of a QuickBooks object: SyncToken (Online) or EditSequence (Desktop).
    SyncToken
}
text_id! {
    /// The id of one QuickBooks Online company, 15 to 19 digits, kept as text (quickbooks-online.md 1.2).
    RealmId
}

macro_rules! guid_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text.trim()).map(Self).map_err(|_| IdError::NotAGuid(stringify!($name)))
            }
        }
    };
}

guid_id! {
    /// pkOrderID of Linnworks: stable from open to processed (linnworks.md 5).
    OrderId
}
guid_id! {
    /// RowId of an order line.
    RowId
}
guid_id! {
    /// The idempotency key of one HTTP call; 36 characters, which fits single calls and batches (quickbooks-online.md 2.4).
    RequestId
}

/// NumOrderId of Linnworks: the order number that people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderNumber(pub i64);

impl fmt::Display for OrderNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The visible number of a QuickBooks transaction, 1 to 21 characters (quickbooks-online.md 3.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocNumber(String);

/// The most characters QuickBooks Online takes in a DocNumber.
pub const DOC_NUMBER_CHARACTERS_MAX: usize = 21;

impl DocNumber {
    /// Checks the length.
    ///
    /// # Errors
    /// [`IdError::DocNumberLength`] for an empty text or one over 21 characters.
    pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
        let text = text.into();
        let length = text.chars().count();
        if length == 0 || length > DOC_NUMBER_CHARACTERS_MAX {
            return Err(IdError::DocNumberLength(length));
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DocNumber {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl From<DocNumber> for String {
    fn from(number: DocNumber) -> Self {
        number.0
    }
}

impl fmt::Display for DocNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What kind of Linnworks document a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// An order, processed or open.
    Order,
    /// An actioned refund.
    Refund,
    /// A purchase order.
    PurchaseOrder,
    /// One delivery of a purchase order.
    Delivery,
}

impl SourceKind {
    /// The word used in keys, markers and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Refund => "refund",
            Self::PurchaseOrder => "purchase_order",
            Self::Delivery => "delivery",
        }
    }
}

/// The identity of a source document: its kind and its Linnworks id, never a number that a person can edit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentKey {
    kind: SourceKind,
    id: String,
}

impl DocumentKey {
    /// The key of an order.
    pub fn order(id: OrderId) -> Self {
        Self {
            kind: SourceKind::Order,
            id: id.to_string(),
        }
    }

    /// The kind of document.
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// The Linnworks id.
    pub fn source_id(&self) -> &str {
        &self.id
    }

    /// The order's id, when the document is an order.
    pub fn order_id(&self) -> Option<OrderId> {
        (self.kind == SourceKind::Order)
            .then(|| self.id.parse().ok())
            .flatten()
    }
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind.as_str(), self.id)
    }
}

impl From<DocumentKey> for String {
    fn from(key: DocumentKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for DocumentKey {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        let (kind, id) = text.split_once(':').ok_or(IdError::NotADocumentKey)?;
        let kind = [
            SourceKind::Order,
            SourceKind::Refund,
            SourceKind::PurchaseOrder,
            SourceKind::Delivery,
        ]
        .into_iter()
        .find(|candidate| candidate.as_str() == kind)
        .ok_or(IdError::NotADocumentKey)?;
        Ok(Self {
            kind,
            id: id.to_owned(),
        })
    }
}

/// The text in PrivateNote by which a transaction is known as ours: `linnbooks:order:<guid>:r1`.
///
/// The revision is raised by every correction, so two revisions never have the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Marker {
    /// The source document.
    pub key: DocumentKey,
    /// 1 for the first attempt to post the document.
    pub revision: u32,
}

impl Marker {
    /// The text up to the revision, common to all revisions of a document.
    pub fn stem(&self) -> String {
        format!("linnbooks:{}:r", self.key)
    }

    /// True when the note carries the marker of this document, whatever its revision.
    pub fn is_same_document(&self, note: &str) -> bool {
        note.contains(&self.stem())
    }

    /// True when the note carries this marker, revision included.
    pub fn is_in(&self, note: &str) -> bool {
        let text = self.to_string();
        note.match_indices(&text).any(|(at, _)| {
            !note
                .get(at + text.len()..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.stem(), self.revision)
    }
}

/// A list object of QuickBooks by id, with the name that people know it by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ListRef {
    /// What is sent.
    pub id: ListId,
    /// What is shown.
    pub name: String,
}

/// Why a text is not the identity it should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    /// Not a guid.
    #[error("{0} must be a guid")]
    NotAGuid(&'static str),
    /// Not `kind:id`.
    #[error("a document key is a kind, a colon and an id, such as order:5f2c...")]
    NotADocumentKey,
    /// Empty or too long.
    #[error("a document number has 1 to 21 characters, this one has {0}")]
    DocNumberLength(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_number_of_22_characters_is_refused() {
        assert!(DocNumber::parse("1".repeat(21)).is_ok());
        assert_eq!(
            DocNumber::parse("1".repeat(22)),
            Err(IdError::DocNumberLength(22))
        );
        assert_eq!(DocNumber::parse(""), Err(IdError::DocNumberLength(0)));
    }

    #[test]
    fn revision_1_is_not_found_in_a_note_of_revision_12() {
        let key = DocumentKey::order(OrderId(Uuid::nil()));
        let note = format!(
            "thanks; {}",
            Marker {
                key: key.clone(),
                revision: 12
            }
        );
        assert!(
            !Marker {
                key: key.clone(),
                revision: 1
            }
            .is_in(&note)
        );
        assert!(
            Marker {
                key: key.clone(),
                revision: 12
            }
            .is_in(&note)
        );
        assert!(Marker { key, revision: 1 }.is_same_document(&note));
    }

    #[test]
    fn a_document_key_survives_its_text_form() {
        let key = DocumentKey::order(OrderId(Uuid::nil()));
        assert_eq!(DocumentKey::try_from(key.to_string()), Ok(key));
        assert_eq!(
            DocumentKey::try_from("invoice:1".to_owned()),
            Err(IdError::NotADocumentKey)
        );
    }
}
