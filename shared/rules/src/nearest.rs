//! Finds the word that a person probably meant.
//!
//! In: a wrong word and the right ones. Out: the nearest of them when it is near. Knows no rules.

/// The candidate that differs least, when it differs by no more than a third of its letters.
pub(crate) fn nearest<'a>(wrong: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    candidates
        .iter()
        .map(|candidate| (distance(&wrong, &candidate.to_lowercase()), *candidate))
        .filter(|(differs, candidate)| *differs <= candidate.chars().count().div_ceil(3))
        .min_by_key(|(differs, _)| *differs)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut last = index + 1;
        let mut next = vec![last];
        for (other, above) in right.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(letter != *other);
            last = changed.min(last + 1).min(above + 1);
            next.push(last);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
