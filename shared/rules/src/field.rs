//! The fields that rules can compare and write: one table in code, from which look-ups and reference pages come.
//!
//! In: a name as a person writes it. Out: a [`Field`]. Holds no values; see `facts`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::fields::FIELDS;
use crate::nearest::nearest;

/// What a rule runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An order, open or processed.
    #[default]
    Order,
    /// An actioned refund.
    Refund,
    /// A purchase order and its deliveries.
    PurchaseOrder,
    /// A stock level on its way from QuickBooks to Linnworks.
    Stock,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Order, Self::Refund, Self::PurchaseOrder, Self::Stock];

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Refund => "refund",
            Self::PurchaseOrder => "purchase_order",
            Self::Stock => "stock",
        }
    }

    /// The kind that a word in a file means; spaces, hyphens and case are free.
    pub fn parse(word: &str) -> Option<Self> {
        let word = simplify(word);
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The kinds of document that have a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    pub(crate) const ORDER: Self = Self(Kind::Order.bit());
    pub(crate) const REFUND: Self = Self(Kind::Refund.bit());
    pub(crate) const PURCHASE: Self = Self(Kind::PurchaseOrder.bit());
    pub(crate) const STOCK: Self = Self(Kind::Stock.bit());
    pub(crate) const SALES: Self = Self(Self::ORDER.0 | Self::REFUND.0);
    pub(crate) const DOCUMENTS: Self = Self(Self::SALES.0 | Self::PURCHASE.0);

    /// True when documents of this kind have the field.
    pub fn contains(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The words of the kinds, comma separated.
    pub fn to_words(self) -> String {
        let words: Vec<&str> = Kind::ALL
            .iter()
            .filter(|kind| self.contains(**kind))
            .map(|kind| kind.as_str())
            .collect();
        words.join(", ")
    }
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// On the document (for a stock update: on the product).
    Header,
    /// On each line.
    Line,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    Text,
    /// A decimal number.
    Number,
    /// An amount in the document's currency.
    Money,
    /// A day, written 2026-01-31.
    Date,
    /// Several texts; a condition holds when it holds for one of them.
    List,
}

impl FieldType {
    /// The word in the reference pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money => "money",
            Self::Date => "date",
            Self::List => "list",
        }
    }

    /// True for number and money.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Number | Self::Money)
    }
}

/// Whether a field comes from Linnworks or is what the document shall have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// What Linnworks holds.
    Source,
    /// What QuickBooks (for stock: Linnworks) shall get; settings give its first value.
    Mapped,
}

/// The lists of QuickBooks (and Linnworks) whose names a value may have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// Account.
    Account,
    /// Item, by full name, name or SKU.
    Item,
    /// Class.
    Class,
    /// Location (department).
    Location,
    /// Inventory site (Desktop).
    Site,
    /// Tax code.
    TaxCode,
    /// Payment method.
    PaymentMethod,
    /// Terms.
    Terms,
    /// Location of Linnworks.
    StockLocation,
}

impl NameKind {
    /// The words in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Item => "item",
            Self::Class => "class",
            Self::Location => "location",
            Self::Site => "inventory site",
            Self::TaxCode => "tax code",
            Self::PaymentMethod => "payment method",
            Self::Terms => "terms",
            Self::StockLocation => "Linnworks location",
        }
    }
}

/// One row of the table of fields.
#[derive(Debug)]
pub struct FieldSpec {
    /// The name people see in the previewer and write in files.
    pub name: &'static str,
    /// Other names, the peer's among them.
    pub aliases: &'static [&'static str],
    /// Where it stands.
    pub level: Level,
    /// What it holds.
    pub field_type: FieldType,
    /// Where it comes from.
    pub origin: Origin,
    /// True when an action may write it.
    pub writable: bool,
    /// The documents that have it.
    pub kinds: Kinds,
    /// The list its value must be a name of.
    pub names: Option<NameKind>,
    /// Where its first value is found, in the words of Linnworks or of the settings.
    pub source: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// A field of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub(crate) u16);

impl FieldId {
    /// Its row of the table.
    pub fn spec(self) -> &'static FieldSpec {
        // Ids are made from the table only, so the first row never stands in.
        FIELDS.get(usize::from(self.0)).unwrap_or(&FIELDS[0])
    }

    /// Every field, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..FIELDS.len())
            .filter_map(|index| u16::try_from(index).ok())
            .map(Self)
    }
}

impl fmt::Debug for FieldId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.spec().name)
    }
}

/// What a rule names: a field of the table, or an extended property of the order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// A field of the table.
    Known(FieldId),
    /// An extended property; its name is compared without regard to case.
    Extended(Arc<str>),
}

/// How an extended property is written: `extended_property.NAME`.
pub const EXTENDED_PREFIX: &str = "extended_property.";

impl Field {
    /// Finds a field by its name or an alias; spaces, hyphens and case are free.
    ///
    /// # Errors
    /// The nearest name when there is no such field for this kind of document.
    pub fn parse(kind: Kind, name: &str) -> Result<Self, Unknown> {
        if let Some(property) = strip_extended(name) {
            return Ok(Self::Extended(property.into()));
        }
        let simple = simplify(name);
        if let Some(id) = NAMES
            .get(&simple)
            .and_then(|ids| ids.iter().find(|id| id.spec().kinds.contains(kind)))
        {
            return Ok(Self::Known(*id));
        }
        if let Some(id) = NAMES.get(&simple).and_then(|ids| ids.first()) {
            return Err(Unknown::OtherKind(id.spec()));
        }
        let here: Vec<&'static str> = FieldId::all()
            .map(FieldId::spec)
            .filter(|spec| spec.kinds.contains(kind))
            .flat_map(|spec| std::iter::once(spec.name).chain(spec.aliases.iter().copied()))
            .collect();
        Err(Unknown::Nowhere(nearest(&simple, &here)))
    }

    /// The name in files and messages.
    pub fn name(&self) -> String {
        match self {
            Self::Known(id) => id.spec().name.to_owned(),
            Self::Extended(name) => format!("{EXTENDED_PREFIX}{name}"),
        }
    }

    /// Where it stands.
    pub fn level(&self) -> Level {
        match self {
            Self::Known(id) => id.spec().level,
            Self::Extended(_) => Level::Header,
        }
    }

    /// What it holds.
    pub fn field_type(&self) -> FieldType {
        match self {
            Self::Known(id) => id.spec().field_type,
            Self::Extended(_) => FieldType::Text,
        }
    }

    /// The list its value must be a name of.
    pub fn names(&self) -> Option<NameKind> {
        match self {
            Self::Known(id) => id.spec().names,
            Self::Extended(_) => None,
        }
    }

    /// True when greater and less compare numbers or dates here: on number, money and date fields, and on extended
    /// properties, whose text is read as a number or a date.
    pub fn is_ordered(&self) -> bool {
        match self {
            Self::Known(_) => !matches!(self.field_type(), FieldType::Text | FieldType::List),
            Self::Extended(_) => true,
        }
    }
}

impl From<FieldId> for Field {
    fn from(id: FieldId) -> Self {
        Self::Known(id)
    }
}

/// Why a name is not a field.
#[derive(Clone, Copy, Debug)]
pub enum Unknown {
    /// It is a field of other documents.
    OtherKind(&'static FieldSpec),
    /// It is none; the nearest name, when one is near.
    Nowhere(Option<&'static str>),
}

fn strip_extended(name: &str) -> Option<&str> {
    let (head, property) = name.split_once('.')?;
    let known = matches!(
        simplify(head).as_str(),
        "extended_property" | "custom_field_value" | "custom_field"
    );
    let property = property.trim();
    (known && !property.is_empty()).then_some(property)
}

/// A word as it is looked up: lower case, with `_` for spaces and hyphens, without brackets.
pub(crate) fn simplify(word: &str) -> String {
    let mut simple = String::with_capacity(word.len());
    for letter in word.trim().chars().flat_map(char::to_lowercase) {
        match letter {
            ' ' | '-' | '_' | '/' if simple.ends_with('_') => {}
            ' ' | '-' | '/' => simple.push('_'),
            '(' | ')' | '\'' => {}
            other => simple.push(other),
        }
    }
    simple
}

static NAMES: LazyLock<HashMap<String, Vec<FieldId>>> = LazyLock::new(|| {
    let mut names: HashMap<String, Vec<FieldId>> = HashMap::new();
    for id in FieldId::all() {
        names.entry(id.spec().name.to_owned()).or_default().push(id);
    }
    for id in FieldId::all() {
        for alias in id.spec().aliases {
            names.entry(simplify(alias)).or_default().push(id);
        }
    }
    names
});
