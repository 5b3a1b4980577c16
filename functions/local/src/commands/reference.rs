//! `linnbooks reference`: the reference pages of fields, conditions, actions and settings, made from the code.
//!
//! In: a directory. Out: four pages of Markdown in it.

use crate::cli::ReferenceArguments;
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// A directory that cannot be written.
pub fn run(arguments: &ReferenceArguments) -> anyhow::Result<Exit> {
    std::fs::create_dir_all(&arguments.write)?;
    for (name, page) in [
        ("fields.md", rules::fields_markdown()),
        ("conditions.md", rules::conditions_markdown()),
        ("actions.md", rules::actions_markdown()),
        ("settings.md", mapping::settings_markdown()),
    ] {
        let path = arguments.write.join(name);
        std::fs::write(&path, page)?;
        say!("{}", path.display());
    }
    Ok(Exit::Fine)
}
