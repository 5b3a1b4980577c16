//! What people are shown: tables and sentences on standard output.
//!
//! In: reports. Out: text. JSON for programs is printed by the commands themselves.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use pipeline::report::{DocumentRow, ShownState, Summary, TotalsRow};

/// Writes text to standard output. A reader that went away (`| head`) is no error of ours: the rest is dropped in silence, and the
/// command's work and exit code stay what they are.
pub fn write_out(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// As `println!`, through [`write_out`].
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => { $crate::show::write_out(&(format!($($argument)*) + "\n")) };
}

/// Width of tables where standard output is not a terminal.
const TABLE_WIDTH: u16 = 150;

/// Rows shown before the rest is only counted.
pub const ROWS_SHOWN_MAX: usize = 15;

/// A table in the house form: wrapped to the terminal, and fit to be pasted into a ticket as it is.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        table.set_width(TABLE_WIDTH);
    }
    table.set_header(header.iter().copied());
    table
}

/// Counts in a sentence: `58 posted, 1 skipped, 1 held`.
pub fn counts_sentence(summary: &Summary) -> String {
    let counts = &summary.counts;
    let parts = [
        (counts.posted, "posted"),
        (counts.skipped, "skipped"),
        (counts.held, "held"),
        (counts.conflicts, "in conflict"),
        (counts.unknown, "unknown"),
        (counts.pending, "pending"),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if shown.is_empty() {
        "no documents".to_owned()
    } else {
        shown.join(", ")
    }
}

/// The sums per currency.
pub fn print_totals(totals: &[TotalsRow]) {
    if totals.is_empty() {
        return;
    }
    let mut shown = table(&[
        "Currency",
        "Linnworks",
        "Posted",
        "Skipped",
        "Held",
        "Conflict",
        "Unknown",
        "Pending",
    ]);
    for row in totals {
        shown.add_row([
            &row.currency,
            &row.source,
            &row.posted,
            &row.skipped,
            &row.held,
            &row.conflicts,
            &row.unknown,
            &row.pending,
        ]);
    }
    for index in 1..8 {
        if let Some(column) = shown.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    say!("{shown}");
}

/// Documents with state, transactions and reason; those that need a person are shown first and whole.
pub fn print_documents(rows: &[DocumentRow]) {
    let (calm, restless): (Vec<&DocumentRow>, Vec<&DocumentRow>) = rows
        .iter()
        .partition(|row| matches!(row.state, ShownState::Posted) && row.reason.is_none());
    let mut shown = table(&["Order", "State", "Total", "QuickBooks", "Why, and what to do"]);
    for row in restless
        .iter()
        .chain(calm.iter())
        .take(ROWS_SHOWN_MAX.max(restless.len()))
    {
        shown.add_row(document_cells(row));
    }
    say!("{shown}");
    let hidden = rows.len().saturating_sub(ROWS_SHOWN_MAX.max(restless.len()));
    if hidden > 0 {
        say!("and {hidden} more posted documents (`linnbooks log` shows all of them)");
    }
}

/// The cells of one document.
pub fn document_cells(row: &DocumentRow) -> [String; 5] {
    let total = match (&row.total, &row.currency) {
        (Some(total), Some(currency)) => format!("{total} {currency}"),
        _ => String::new(),
    };
    let transactions: Vec<String> = row
        .quickbooks
        .iter()
        .map(|one| {
            let number = one
                .doc_number
                .as_deref()
                .map(|number| format!(" no. {number}"))
                .unwrap_or_default();
            format!("{} {}{number}", one.kind, one.id)
        })
        .collect();
    [
        row.number.clone(),
        row.state.as_str().to_owned(),
        total,
        transactions.join(", "),
        row.reason.clone().unwrap_or_default(),
    ]
}

/// An instant to the second, for tables.
pub fn show_instant(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Prints a JSON value and nothing else.
///
/// # Errors
/// A value without JSON form, which is a defect.
pub fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}
