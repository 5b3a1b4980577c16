//! What is redeemed once: tickets and states of an authorisation.
//!
//! In: a random token with what stands for it. Out: that, to the first who redeems it before its end. Only a hash of the token is kept:
//! who reads the table cannot redeem it.

use jiff::Timestamp;
use ports::StoreError;

use crate::keys::{self, EXPIRES, RECORD, UNTIL};
use crate::record::instant;
use crate::store::DynamoStore;
use crate::table::{Write, key_item, number, read_text, text};

const PLACE: &str = "an authorisation";

impl DynamoStore {
    /// Keeps a token until an instant; false when there is one already.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn put_once(&self, token: &str, value: &str, until: Timestamp) -> Result<bool, StoreError> {
        let mut item = key_item(&keys::once(&digest(token)));
        item.insert(RECORD.into(), text(value));
        item.insert(UNTIL.into(), text(instant(until)));
        item.insert(EXPIRES.into(), number(until.as_second()));
        self.table().put_new(PLACE, item).await
    }

    /// Redeems a token: what stands for it, to one caller alone; `None` for a token that is not there, was redeemed, or has ended.
    ///
    /// # Errors
    /// Those of the table. A token whose deletion was lost on the way is redeemed: begin anew.
    pub async fn redeem_once(&self, token: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
        let key = keys::once(&digest(token));
        let Some(item) = self.table().get(PLACE, &key).await? else {
            return Ok(None);
        };
        let write = Write::new(key, "attribute_exists(#p)");
        if !self.table().delete(PLACE, &write).await?
            || read_text(PLACE, &item, UNTIL)? <= instant(now).as_str()
        {
            return Ok(None);
        }
        read_text(PLACE, &item, RECORD).map(|value| Some(value.to_owned()))
    }
}

/// SHA-256, whole: a shorter hash could be searched for.
fn digest(token: &str) -> String {
    use sha2::Digest;
    crate::record::hex(&sha2::Sha256::digest(token.as_bytes()))
}
