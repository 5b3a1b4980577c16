//! `linnbooks resolve`: a person ends a conflict, an unknown or a hold.
//!
//! In: an order number and a decision. Out: a sentence. The decision is written into the audit trail.

use domain::TransactionId;
use pipeline::RunError;
use pipeline::resolve::{Decision, resolve};
use pipeline::resync::find_one;

use crate::cli::ResolveArguments;
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::no_progress;

/// Runs the command.
///
/// # Errors
/// Configuration, a decision that does not fit the document's state, QuickBooks, the store.
pub async fn run(place: &Place, arguments: &ResolveArguments) -> anyhow::Result<Exit> {
    let assembly = place.assemble(no_progress()).await?;
    let decision = match (&arguments.adopt, arguments.post, &arguments.ignore) {
        (Some(id), _, _) => Decision::Adopt(TransactionId::new(id.clone())),
        (None, true, _) => Decision::Post,
        (None, false, Some(why)) => Decision::Ignore(why.clone()),
        (None, false, None) => {
            return Err(RunError::request("no decision was given", "Use --adopt, --post or --ignore").into());
        }
    };
    let posts = decision == Decision::Post;
    let record = find_one(assembly.core.store.as_ref(), &arguments.number).await?;
    let answer = resolve(&assembly.core, assembly.books.as_ref(), record, decision).await?;
    say!("{answer}");
    if posts {
        say!("{}", place.what_follows());
    }
    Ok(Exit::Fine)
}
