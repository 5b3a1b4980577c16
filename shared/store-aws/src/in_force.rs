//! Which version of the settings or rules is in force.
//!
//! In: a kind with the version that shall follow another. Out: the version in force. Texts are kept by their version (`facts`) and never
//! changed; this pointer alone moves, and only from the version that the writer knew, so that two people who change settings at the
//! same time do not overwrite each other unseen.

use ports::StoreError;

use crate::keys::{self, RECORD, WRITE};
use crate::store::DynamoStore;
use crate::table::{Write, bytes, read_text, text};
use crate::write::{is_ours, new_mark};

impl DynamoStore {
    /// The version of a kind (`settings`, `rules`) that is in force; `None` before the first.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn in_force(&self, kind: &str) -> Result<Option<String>, StoreError> {
        let place = format!("{kind} in force");
        let item = self.table().get(&place, &keys::in_force(kind)).await?;
        item.map(|item| read_text(&place, &item, RECORD).map(str::to_owned))
            .transpose()
    }

    /// Puts a version in force that follows `replaces` (`None`: there is none yet); false when another was put in force meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn put_in_force(
        &self,
        kind: &str,
        version: &str,
        replaces: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mark = new_mark();
        let condition = if replaces.is_some() {
            "#r = :o"
        } else {
            "attribute_not_exists(#p)"
        };
        let mut write = Write::new(keys::in_force(kind), condition)
            .set(RECORD, text(version))
            .set(WRITE, bytes(&*mark));
        if let Some(replaces) = replaces {
            write = write.value("o", text(replaces));
        }
        let failed = self.table().update(&format!("{kind} in force"), &write).await?;
        Ok(failed.is_none_or(|item| is_ours(&item, &mark)))
    }
}
