//! Settings of the rules engine; the rules themselves stand in a file of their own (behaviours.md 3).

use serde::{Deserialize, Serialize};

use super::value;

/// `[rules]`: how rules are run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulesSettings {
    /// What happens to a document whose total rules changed, by a surcharge, another shipping amount, a line or a currency.
    pub changed_totals: ChangedTotals,
    /// The name of this connection, to which rules can be limited with `connections`.
    #[serde(deserialize_with = "connection")]
    pub connection: String,
}

impl Default for RulesSettings {
    fn default() -> Self {
        Self {
            changed_totals: ChangedTotals::Hold,
            connection: "linnworks".to_owned(),
        }
    }
}

/// What happens to a document whose total rules changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedTotals {
    /// It is held: the books shall say what the buyer paid.
    #[default]
    Hold,
    /// It is posted with the total that the rules lead to; previews and reconciliations show the difference.
    Post,
}

fn connection<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    value::text::<D, 100>(deserializer).map(Option::unwrap_or_default)
}
