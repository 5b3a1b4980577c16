//! The posting protocol from the outside: the use cases over the simulators, with a clock moved by hand (reliability.md 1, DESIGN 2).

mod by_hand;
mod fetching;
mod refusals;
mod steps;
mod unknown;

use domain::DocumentState;

/// The name of a state and the code of its reason, such as `held closed-books`.
fn show(state: &DocumentState) -> String {
    let name = state.name().as_str();
    state
        .reason()
        .map_or_else(|| name.to_owned(), |reason| format!("{name} {}", reason.code))
}
