//! A rules file as text and back, and its version.
//!
//! In: YAML. Out: a [`RuleFile`], YAML again, and a hash of the content. Touches no file system.

use sha2::{Digest, Sha256};

use crate::error::RuleError;
use crate::rule::RuleFile;
use crate::yaml;

impl RuleFile {
    /// Reads and checks the text of a rules file. `file_name` is shown in errors only.
    ///
    /// # Errors
    /// Everything that is wrong, each with place, excerpt, cause and remedy.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Vec<RuleError>> {
        yaml::parse(file_name, text)
    }

    /// The file as YAML. Reading it gives an equal file; comments and layout are not kept.
    pub fn to_yaml(&self) -> String {
        yaml::write(self)
    }

    /// The hash of the content: equal rules and tests have equal versions, however their file is written.
    pub fn version(&self) -> String {
        let digest = Sha256::digest(self.to_yaml().as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}
