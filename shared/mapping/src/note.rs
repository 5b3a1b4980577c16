//! The private note: what leads from the document back to the order. The connector adds the marker.

use rules::fields;

use crate::number::Number;
use crate::work::Work;

/// QuickBooks takes 4000 characters (quickbooks-online.md 3.1); the rest is room for the marker.
const CHARACTERS_MAX: usize = 3900;

impl Work<'_> {
    /// PrivateNote, without the marker.
    pub(crate) fn compose_note(&mut self, number: &Number) -> String {
        let ruled = self.ruled(fields::MEMO);
        let by = ruled.as_ref().map(|ruled| ruled.by.clone());
        let mut note = match ruled {
            Some(ruled) => ruled.text.unwrap_or_default(),
            None => self.note_text(),
        };
        let sent = number.sent.as_ref().map(|sent| sent.as_str());
        if sent != Some(number.whole.as_str()) {
            let between = if note.is_empty() { "" } else { "; " };
            note = format!("{note}{between}number {}", number.whole);
        }
        let note = self.text(&note, CHARACTERS_MAX).unwrap_or_default();
        self.explanation
            .note("private note", note.clone(), None, by.as_deref());
        note
    }

    /// What leads back to the order.
    pub(crate) fn note_text(&self) -> String {
        let order = self.order;
        let mut parts = vec![format!("Linnworks order {}", order.number)];
        let references = [
            ("reference", &order.references.reference),
            ("secondary reference", &order.references.secondary),
            ("external reference", &order.references.external),
        ];
        for (label, value) in references {
            if let Some(value) = value.as_deref().filter(|value| !value.trim().is_empty()) {
                parts.push(format!("{label} {}", value.trim()));
            }
        }
        let channel = [order.channel.source.trim(), order.channel.sub_source.trim()];
        let channel: Vec<&str> = channel.into_iter().filter(|name| !name.is_empty()).collect();
        if !channel.is_empty() {
            parts.push(format!("channel {}", channel.join(" / ")));
        }
        parts.join("; ")
    }
}
