//! What the bookkeeper and the user do in QuickBooks itself, outside the API.
//!
//! In: calls of a test. Out: changed books, as the API would have changed them: sync tokens rise, deleted transactions leave
//! a stub, names follow the same rules. Not counted and not subject to faults.

use jiff::civil::Date;

use super::QuickBooksOnlineSimulator;
use super::fault::Fault;
use super::json::Json;
use super::kind::EntityKind;
use super::seed::PreferencesSeed;
use super::write::{self, Operation, Write};

/// Why something could not be done by hand: the fault the API would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandError {
    /// The fault's code.
    pub code: String,
    /// The fault's detail.
    pub detail: String,
}

impl std::fmt::Display for HandError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "fault {}: {}", self.code, self.detail)
    }
}

impl std::error::Error for HandError {}

fn refused(fault: Fault) -> HandError {
    HandError {
        code: fault.code.to_owned(),
        detail: fault.detail,
    }
}

fn parse(body: &serde_json::Value) -> Result<Json, HandError> {
    Json::parse(&body.to_string()).map_err(|error| HandError {
        code: "2010".to_owned(),
        detail: error.to_string(),
    })
}

impl QuickBooksOnlineSimulator {
    fn by_hand(
        &self,
        kind: EntityKind,
        id: &str,
        operation: Operation,
        patch: Json,
    ) -> Result<(), HandError> {
        let mut core = self.shared.lock();
        core.commit_due();
        let now = core.time.now();
        let token = core.books.get(kind, id).map_or(0, |record| record.sync_token);
        let body = patch
            .with("Id", Json::text(id))
            .with("SyncToken", Json::text(token.to_string()))
            .with("sparse", Json::Bool(true));
        let write = Write {
            kind,
            operation,
            body,
            allow_duplicate: true,
        };
        let switches = core.switches.clone();
        write::execute(&mut core.books, &switches, &write, now)
            .map(|_| ())
            .map_err(|fault| HandError {
                code: fault.code.to_owned(),
                detail: fault.detail,
            })
    }

    /// Makes a new object, as the bookkeeper or another app would; gives its id. Duplicate document numbers are taken.
    ///
    /// # Errors
    /// When the API would refuse it.
    pub fn create_by_hand(&self, kind: EntityKind, body: &serde_json::Value) -> Result<String, HandError> {
        let mut body = parse(body)?;
        body.remove("Id");
        let mut core = self.shared.lock();
        core.commit_due();
        let now = core.time.now();
        let write = Write {
            kind,
            operation: Operation::Save,
            body,
            allow_duplicate: true,
        };
        let switches = core.switches.clone();
        let made = write::execute(&mut core.books, &switches, &write, now).map_err(refused)?;
        Ok(made.text_at("Id").unwrap_or("").to_owned())
    }

    /// Deletes a transaction.
    ///
    /// # Errors
    /// When it does not exist or its period is closed.
    pub fn delete_by_hand(&self, kind: EntityKind, id: &str) -> Result<(), HandError> {
        self.by_hand(kind, id, Operation::Delete, Json::object())
    }

    /// Voids a SalesReceipt, Invoice or Payment.
    ///
    /// # Errors
    /// When it does not exist, cannot be voided or its period is closed.
    pub fn void_by_hand(&self, kind: EntityKind, id: &str) -> Result<(), HandError> {
        self.by_hand(kind, id, Operation::Void, Json::object())
    }

    /// Changes members of an object: a JSON object as in a sparse update.
    ///
    /// # Errors
    /// When the object does not exist or the API would refuse the change.
    pub fn edit_by_hand(
        &self,
        kind: EntityKind,
        id: &str,
        patch: &serde_json::Value,
    ) -> Result<(), HandError> {
        let patch = parse(patch)?;
        self.by_hand(kind, id, Operation::Save, patch)
    }

    /// Renames a list object.
    ///
    /// # Errors
    /// When it does not exist or the name is taken.
    pub fn rename_by_hand(&self, kind: EntityKind, id: &str, name: &str) -> Result<(), HandError> {
        let patch = Json::object().with(kind.name_member(), Json::text(name));
        self.by_hand(kind, id, Operation::Save, patch)
    }

    /// Makes a list object inactive, with the rename of quickbooks-online.md 3.2.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn deactivate_by_hand(&self, kind: EntityKind, id: &str) -> Result<(), HandError> {
        self.by_hand(
            kind,
            id,
            Operation::Save,
            Json::object().with("Active", Json::Bool(false)),
        )
    }

    /// Closes the books up to and with a date; `None` opens them.
    pub fn close_books(&self, date: Option<Date>) {
        self.shared.lock().books.company.preferences.book_close_date = date;
    }

    /// Changes the company's preferences.
    pub fn change_preferences(&self, change: impl FnOnce(&mut PreferencesSeed)) {
        change(&mut self.shared.lock().books.company.preferences);
    }

    /// The user disconnects the app: every token dies.
    pub fn revoke(&self) {
        self.shared.lock().tokens.revoke();
    }

    /// Every access token ends at once; the refresh token stays good.
    pub fn expire_access_tokens(&self) {
        self.shared.lock().tokens.expire_access();
    }

    /// The user connects the app again; gives the new refresh token.
    pub fn reconnect(&self) -> String {
        let mut core = self.shared.lock();
        let now = core.time.now();
        core.tokens.connect(now)
    }
}
