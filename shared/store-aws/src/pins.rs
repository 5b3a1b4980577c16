//! To what each vendor's connection is pinned: the company, since when, and who connected it.
//!
//! In: a vendor with a company. Out: the pin, written only while no other company is pinned: a stack never changes its books by accident.
//! Holds no token; those are in the vault.

use jiff::Timestamp;
use ports::StoreError;
use serde::{Deserialize, Serialize};

use crate::keys::{self, COMPANY, RECORD};
use crate::record::{decode, encode};
use crate::store::DynamoStore;
use crate::table::{Write, bytes, read_bytes, text};

/// A connection that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The company or app that is connected, as the vendor numbers it.
    pub company: String,
    /// Since when.
    pub at: Timestamp,
    /// Who connected it: `api` and the subject of the caller's token.
    pub by: String,
}

impl DynamoStore {
    /// The pin of a vendor; `None` before the first connection.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], and [`StoreError::Unreadable`] for a pin of a newer version.
    pub async fn pin_of(&self, vendor: &str) -> Result<Option<Pin>, StoreError> {
        let place = place_of(vendor);
        let item = self.table().get(&place, &keys::pin(vendor)).await?;
        item.map(|item| decode(&place, read_bytes(&place, &item, RECORD)?))
            .transpose()
    }

    /// Pins a vendor's company, or writes anew since when; false while another company is pinned. Repeating it does no harm.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn pin(&self, vendor: &str, pin: &Pin) -> Result<bool, StoreError> {
        let place = place_of(vendor);
        let write = Write::new(keys::pin(vendor), "attribute_not_exists(#p) OR #c = :c")
            .set(COMPANY, text(&pin.company))
            .set(RECORD, bytes(encode(&place, pin)?))
            .value("c", text(&pin.company));
        Ok(self.table().update(&place, &write).await?.is_none())
    }

    /// Takes the pin of a company away; nothing happens when another, or none, is pinned.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn unpin(&self, vendor: &str, company: &str) -> Result<(), StoreError> {
        let write = Write::new(keys::pin(vendor), "#c = :c").value("c", text(company));
        self.table().delete(&place_of(vendor), &write).await.map(|_| ())
    }
}

fn place_of(vendor: &str) -> String {
    format!("the connection with {vendor}")
}
