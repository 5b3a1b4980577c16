//! The command line.
//!
//! In: arguments. Out: typed commands. The help texts are the manual's short form.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::StateName;

/// Puts Linnworks orders into QuickBooks, each exactly once and to the penny.
#[derive(Debug, Parser)]
#[command(name = "linnbooks", version, about, max_term_width = 110)]
pub struct Cli {
    /// Connections; settings and rules sit beside it.
    #[arg(
        long,
        global = true,
        env = "LINNBOOKS_CONFIG",
        default_value = "linnbooks.toml",
        value_name = "FILE"
    )]
    pub config: PathBuf,
    /// Where the data lies (linnbooks.sqlite).
    #[arg(
        long,
        global = true,
        env = "LINNBOOKS_DATA",
        default_value = ".linnbooks",
        value_name = "DIR"
    )]
    pub data: PathBuf,
    /// Work on this deployed stack, with the AWS credentials of the environment or of AWS_PROFILE; --config and --data do not count then.
    #[arg(long, global = true, env = "LINNBOOKS_STACK", value_name = "NAME")]
    pub stack: Option<String>,
    /// The stack's region; the default is that of the AWS environment or profile.
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// In whose name decisions are written into the audit trail and the history.
    #[arg(long, global = true, env = "LINNBOOKS_BY", value_name = "TEXT")]
    pub by: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A full sync against simulators of Linnworks and QuickBooks; needs no account.
    Demo(DemoArguments),
    /// Only the simulators, until stopped; prints their addresses and writes a ready config file.
    Simulate(SimulateArguments),
    /// Fetch changed orders and post them.
    Sync(SyncArguments),
    /// Show what would be posted for an order; writes nothing.
    Preview(PreviewArguments),
    /// Try documents again; a posted one is looked up first.
    Resync(ResyncArguments),
    /// End a conflict, an unknown or a hold by hand.
    Resolve(ResolveArguments),
    /// What happened to every document, with reasons.
    Log(LogArguments),
    /// Prove that every penny arrived, or list what did not.
    Reconcile(ReconcileArguments),
    /// Show or check the settings.
    Settings(SettingsArguments),
    /// Show, check, test, import and export the rules.
    Rules(RulesArguments),
    /// Which documents would differ under another rules file; sends nothing.
    Replay(ReplayArguments),
    /// Write the reference pages of fields, conditions, actions and settings.
    Reference(ReferenceArguments),
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// How many orders.
    #[arg(long, default_value_t = 60, value_name = "N")]
    pub orders: u32,
    /// The world's seed: the same seed gives the same orders.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Which documents to make.
    #[arg(long, value_enum, default_value_t = DemoDocument::SalesReceipt)]
    pub document: DemoDocument,
    /// Rules to run; the world expects none, so documents that they skip or hold are reported as not expected.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Run a second batch of as many orders without anomalies, and a third run with nothing new, and show the calls of each.
    #[arg(long)]
    pub steady: bool,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// The document types of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DemoDocument {
    /// Sales receipts.
    SalesReceipt,
    /// Invoices with their payments.
    InvoiceWithPayment,
}

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArguments {
    /// How many orders.
    #[arg(long, default_value_t = 60, value_name = "N")]
    pub orders: u32,
    /// The world's seed.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Where to write the ready config file and settings.
    #[arg(long, default_value = "linnbooks-simulated", value_name = "DIR")]
    pub write: PathBuf,
    /// Port of the Linnworks simulator; 0 takes a free one.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub linnworks_port: u16,
    /// Port of the QuickBooks simulator; 0 takes a free one.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub quickbooks_port: u16,
}

/// Arguments of `sync`.
#[derive(Debug, Args)]
pub struct SyncArguments {
    /// Orders processed from this instant or date on (2026-03-01 or 2026-03-01T08:00:00Z).
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// Orders processed up to this instant, or to the end of this date.
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Only this order, by number or reference; may be repeated.
    #[arg(long = "order", value_name = "NUM", conflicts_with_all = ["since", "until"])]
    pub orders: Vec<String>,
    /// Which orders; the default is the settings' orders.status.
    #[arg(long, value_enum, value_name = "STATUS")]
    pub status: Option<Status>,
    /// Show what would happen; store nothing and send nothing to QuickBooks.
    #[arg(long)]
    pub dry_run: bool,
    /// With --stack: wait until the functions did it, at most some minutes. Without, this process does it.
    #[arg(long)]
    pub wait: bool,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Which order books to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// Processed orders.
    Processed,
    /// Open orders.
    Open,
    /// Both.
    Both,
}

/// Arguments of `preview`.
#[derive(Debug, Args)]
pub struct PreviewArguments {
    /// Order number, or one of the order's references.
    #[arg(value_name = "NUM")]
    pub number: String,
    /// Only fields whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    pub field: Option<String>,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `resync`.
#[derive(Debug, Args)]
pub struct ResyncArguments {
    /// Order numbers or references.
    #[arg(value_name = "NUM", required = true)]
    pub numbers: Vec<String>,
    /// Remove from QuickBooks what linnbooks posted, then post anew.
    #[arg(long)]
    pub replace: bool,
    /// With --stack: wait until the functions posted it, at most some minutes. Without, this process posts it.
    #[arg(long)]
    pub wait: bool,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `resolve`.
#[derive(Debug, Args)]
pub struct ResolveArguments {
    /// Order number or reference.
    #[arg(value_name = "NUM")]
    pub number: String,
    /// This transaction of QuickBooks is the document.
    #[arg(long, value_name = "ID", group = "decision", required_unless_present_any = ["post", "ignore"])]
    pub adopt: Option<String>,
    /// It is not in QuickBooks: post it.
    #[arg(long, group = "decision")]
    pub post: bool,
    /// Leave it out, and why.
    #[arg(long, value_name = "REASON", group = "decision")]
    pub ignore: Option<String>,
}

/// Arguments of `log`.
#[derive(Debug, Args)]
pub struct LogArguments {
    /// Only documents in this state; may be repeated.
    #[arg(long = "state", value_name = "S", value_parser = parse_state)]
    pub states: Vec<StateName>,
    /// Only documents whose state changed from this instant or date on.
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// The whole story of one document.
    #[arg(long = "order", value_name = "NUM")]
    pub order: Option<String>,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `reconcile`.
#[derive(Debug, Args)]
pub struct ReconcileArguments {
    /// First day, as orders were processed (company time zone).
    #[arg(long, value_name = "D")]
    pub from: String,
    /// Last day.
    #[arg(long, value_name = "D")]
    pub to: String,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `settings`.
#[derive(Debug, Args)]
pub struct SettingsArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: SettingsCommand,
}

/// The commands of `settings`.
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Every setting in force.
    Show {
        /// One JSON object.
        #[arg(long)]
        json: bool,
        /// The annotated example file with every default, instead of the settings in force.
        #[arg(long, conflicts_with = "json")]
        example: bool,
    },
    /// Check the settings, and against QuickBooks' lists and company settings.
    Check {
        /// Only the file itself; asks nothing of QuickBooks.
        #[arg(long)]
        offline: bool,
        /// One JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// With --stack: put a settings file in force.
    Import {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The version it replaces, or none; it is refused when another is in force. The default is the one in force now.
        #[arg(long, value_name = "VERSION")]
        replaces: Option<String>,
    },
    /// With --stack: who put which version in force; else the versions with which documents were posted.
    History {
        /// One JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// The commands of `rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Every rule, in the order in which they run.
    List {
        /// One JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Check the rules, and the names they write against QuickBooks' lists.
    Check {
        /// Only the file itself; asks nothing of QuickBooks.
        #[arg(long)]
        offline: bool,
        /// One JSON object instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Run the tests that stand in the rules file.
    Test {
        /// One JSON object instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// Take rules from a sheet: the full form, or with --name a sheet of two columns as one rule. With --stack also a rules file.
    Import {
        /// With --stack: the rules file to put in force.
        #[arg(value_name = "FILE", required_unless_present = "csv", conflicts_with = "csv")]
        file: Option<PathBuf>,
        /// The version it replaces, or none; it is refused when another is in force. The default is the one in force now.
        #[arg(long, value_name = "VERSION", conflicts_with = "csv")]
        replaces: Option<String>,
        /// The sheet: QuickBooks name left, source value right; or what `rules export` wrote.
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
        /// The name of the rule that a sheet of two columns becomes; a rule of this name is replaced.
        #[arg(long, value_name = "NAME", requires_all = ["action", "field"])]
        name: Option<String>,
        /// The action of that rule, such as map_sku.
        #[arg(long, value_name = "ACTION", requires = "name")]
        action: Option<String>,
        /// The field that the right column is compared with, such as sku.
        #[arg(long, value_name = "FIELD", requires = "name")]
        field: Option<String>,
    },
    /// Write every rule as a sheet, which `rules import` reads back without loss.
    Export {
        /// The file to write; standard output when left out.
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
    /// What the rules do to one order, and which nearly matched.
    Explain {
        /// Order number, or one of the order's references.
        #[arg(value_name = "NUM")]
        number: String,
        /// One JSON object instead of sentences.
        #[arg(long)]
        json: bool,
    },
    /// With --stack: who put which version in force; else the versions with which documents were posted.
    History {
        /// One JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Put an earlier version in force; a rules file that is there is kept as FILE.old.
    Rollback {
        /// The version, as `rules history` shows it.
        #[arg(value_name = "VERSION")]
        version: String,
    },
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// First day, as orders were processed (company time zone).
    #[arg(long, value_name = "D")]
    pub from: String,
    /// Last day.
    #[arg(long, value_name = "D")]
    pub to: String,
    /// The other rules file.
    #[arg(long, value_name = "FILE")]
    pub rules: PathBuf,
    /// One JSON object instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `reference`.
#[derive(Debug, Args)]
pub struct ReferenceArguments {
    /// The directory that gets the pages.
    #[arg(long, value_name = "DIR")]
    pub write: PathBuf,
}

fn parse_state(text: &str) -> Result<StateName, String> {
    StateName::ALL
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| {
            let names: Vec<&str> = StateName::ALL.iter().map(|state| state.as_str()).collect();
            format!("states are {}", names.join(", "))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_unknown_state_is_refused_with_the_states_there_are() {
        let error = Cli::try_parse_from(["linnbooks", "log", "--state", "lost"])
            .unwrap_err()
            .to_string();
        assert!(error.contains("posted, skipped, held, conflict"), "{error}");
    }

    #[test]
    fn a_resolution_needs_exactly_one_decision() {
        assert!(Cli::try_parse_from(["linnbooks", "resolve", "1"]).is_err());
        assert!(Cli::try_parse_from(["linnbooks", "resolve", "1", "--post", "--adopt", "7"]).is_err());
        assert!(Cli::try_parse_from(["linnbooks", "resolve", "1", "--ignore", "test order"]).is_ok());
    }
}
