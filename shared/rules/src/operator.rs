//! The comparisons, with their names, the peer's names for them, and what they mean (behaviours.md 3).
//!
//! In: a word of a file. Out: an [`Operator`]. Evaluates nothing; see `condition`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::field::simplify;

/// What a comparison takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing; written `is_blank: true`.
    Nothing,
    /// One value.
    One,
    /// Several values.
    Several,
}

macro_rules! operators {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $takes:ident [$($alias:literal),*];)+) => {
        /// A comparison.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operator { $($(#[doc = $doc])+ $variant,)+ }

        impl Operator {
            /// All comparisons, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Other names, the peer's among them.
            pub fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($alias),*]),+ }
            }

            /// What it takes.
            pub fn takes(self) -> Takes {
                match self { $(Self::$variant => Takes::$takes),+ }
            }

            /// What it means, for the reference page.
            pub fn doc(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

operators! {
    /// The whole value is the same. Numbers compare by value (12.5 equals 12.50).
    Equals "equals" One ["is", "equal", "equal to", "="];
    /// Not `equals`; also holds when the field is blank.
    NotEquals "not_equals" One ["does not equal", "is not", "not equal to", "!="];
    /// The value stands somewhere in the field.
    Contains "contains" One [];
    /// Not `contains`; also holds when the field is blank.
    DoesNotContain "does_not_contain" One ["not contains"];
    /// The field begins with the value. An action that maps or strips then removes it.
    StartsWith "starts_with" One ["begins with"];
    /// The field ends with the value. An action that maps or strips then removes it.
    EndsWith "ends_with" One [];
    /// The same as `contains`, for files that come from the peer; the check says so.
    Matches "matches" One [];
    /// Nothing, or only white space.
    IsBlank "is_blank" Nothing ["blank", "is empty"];
    /// Something other than white space.
    IsNotBlank "is_not_blank" Nothing ["not blank", "is not empty"];
    /// Greater than a number or amount, or later than a date. Never holds when the field is blank.
    GreaterThan "greater_than" One ["more than", "after", ">"];
    /// Greater than or equal to a number or amount, or not before a date.
    GreaterOrEqual "greater_or_equal" One ["greater than or equal", "greater than or equal to", ">="];
    /// Less than a number or amount, or before a date. Never holds when the field is blank.
    LessThan "less_than" One ["before", "<"];
    /// Less than or equal to a number or amount, or not after a date.
    LessOrEqual "less_or_equal" One ["less than or equal", "less than or equal to", "<="];
    /// The field equals one of the values.
    InList "in_list" Several ["in", "is one of"];
    /// The field equals one of the left values of the rule's `table`.
    InTable "in_table" Nothing [];
    /// A regular expression is found somewhere in the field; it runs in linear time and has no look-around.
    Regex "regex" One ["regular expression"];
    /// Holds for every value, also for none; names the field that an action without a value copies.
    Always "always" Nothing ["map all", "map field value regardless of condition", "rule without condition"];
}

impl Operator {
    /// The comparison that a word means; spaces, hyphens and case are free.
    pub fn parse(word: &str) -> Option<Self> {
        static NAMES: LazyLock<HashMap<String, Operator>> = LazyLock::new(|| {
            let names = |one: &'static Operator| {
                std::iter::once(one.as_str())
                    .chain(one.aliases().iter().copied())
                    .map(|name| (simplify(name), *one))
            };
            Operator::ALL.iter().flat_map(names).collect()
        });
        NAMES.get(&simplify(word)).copied()
    }

    /// True for greater and less.
    pub fn is_ordered(self) -> bool {
        matches!(
            self,
            Self::GreaterThan | Self::GreaterOrEqual | Self::LessThan | Self::LessOrEqual
        )
    }

    /// True for the comparisons that need the whole value.
    pub(crate) fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Equals | Self::NotEquals | Self::InList | Self::InTable
        )
    }
}
