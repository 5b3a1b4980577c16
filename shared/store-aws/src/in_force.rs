//! Which version of the settings or rules is in force.
//!
//! In: a kind with the version that shall follow another. Out: the version in force, and who changed it when. Texts are kept by their version (`facts`) and never
//! changed; this pointer alone moves, and only from the version that the writer knew, so that two people who change settings at the
//! same time do not overwrite each other unseen.

use jiff::Timestamp;
use ports::StoreError;
use serde::{Deserialize, Serialize};

use crate::keys::{self, ItemKey, RECORD, WRITE};
use crate::record::{decode, encode, instant};
use crate::store::DynamoStore;
use crate::table::{Write, bytes, read_bytes, read_text, text};
use crate::write::{is_ours, new_mark};

/// One change of what is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// When.
    pub at: Timestamp,
    /// Who: `command line`, or `api` and the subject of the caller's token.
    pub by: String,
    /// The version put in force.
    pub version: String,
    /// The one before.
    pub replaced: Option<String>,
}

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

    /// Puts a version in force that follows `replaces` (`None`: there is none yet), and writes who did it into the history; false when
    /// another was put in force meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn put_in_force(
        &self,
        kind: &str,
        version: &str,
        replaces: Option<&str>,
        by: &str,
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
        let place = format!("{kind} in force");
        let at = self.now();
        let changed = Changed {
            at,
            by: by.to_owned(),
            version: version.to_owned(),
            replaced: replaces.map(str::to_owned),
        };
        let line = ItemKey::new(keys::history(kind), format!("{}#{version}", instant(at)));
        let line = Write::new(line, "").set(RECORD, bytes(encode(&place, &changed)?));
        let failed = self.table().transact(&place, &[write, line]).await?;
        Ok(failed.iter().all(|(_, item)| is_ours(item, &mark)))
    }

    /// The last `most` changes of what is in force, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], and [`StoreError::Unreadable`] for a line of a newer version.
    pub async fn changes_in_force(&self, kind: &str, most: usize) -> Result<Vec<Changed>, StoreError> {
        let place = format!("the history of the {kind}");
        let items = self
            .table()
            .query_down(&place, &keys::history(kind), None, most)
            .await?;
        items
            .iter()
            .map(|item| decode(&place, read_bytes(&place, item, RECORD)?))
            .collect()
    }
}
