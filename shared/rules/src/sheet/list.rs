//! Several values in one cell: separated by `|`, with `\|` and `\\` for the letters themselves.
//!
//! In and out: texts. Lossless.

/// The cell of a list.
pub(super) fn join<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let escaped: Vec<String> = values
        .into_iter()
        .map(|value| value.replace('\\', "\\\\").replace('|', "\\|"))
        .collect();
    escaped.join("|")
}

/// The list of a cell; an empty cell is an empty list.
pub(super) fn split(cell: &str) -> Vec<String> {
    if cell.is_empty() {
        return Vec::new();
    }
    let mut values = vec![String::new()];
    let mut letters = cell.chars();
    while let Some(letter) = letters.next() {
        let plain = match letter {
            '|' => {
                values.push(String::new());
                continue;
            }
            '\\' => letters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(last) = values.last_mut() {
            last.push(plain);
        }
    }
    values
}
