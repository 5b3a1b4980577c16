//! The entities the simulator knows.
//!
//! In: an entity's name from an address, a query or a batch item. Out: which one it is and what it can do.
//! Does not know their members (see `properties`).

use std::fmt;

/// An entity of the accounting API (quickbooks-online.md 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the vendor's own")]
pub enum EntityKind {
    Customer,
    Vendor,
    Employee,
    Item,
    Account,
    Class,
    Department,
    PaymentMethod,
    Term,
    TaxCode,
    TaxRate,
    TaxAgency,
    SalesReceipt,
    Invoice,
    Payment,
    CreditMemo,
    RefundReceipt,
    Preferences,
    CompanyInfo,
    ExchangeRate,
    CompanyCurrency,
}

use EntityKind::*;

impl EntityKind {
    /// Every entity.
    pub const ALL: [EntityKind; 21] = [
        Customer,
        Vendor,
        Employee,
        Item,
        Account,
        Class,
        Department,
        PaymentMethod,
        Term,
        TaxCode,
        TaxRate,
        TaxAgency,
        SalesReceipt,
        Invoice,
        Payment,
        CreditMemo,
        RefundReceipt,
        Preferences,
        CompanyInfo,
        ExchangeRate,
        CompanyCurrency,
    ];

    /// The name as the envelopes spell it.
    pub fn name(self) -> &'static str {
        match self {
            Customer => "Customer",
            Vendor => "Vendor",
            Employee => "Employee",
            Item => "Item",
            Account => "Account",
            Class => "Class",
            Department => "Department",
            PaymentMethod => "PaymentMethod",
            Term => "Term",
            TaxCode => "TaxCode",
            TaxRate => "TaxRate",
            TaxAgency => "TaxAgency",
            SalesReceipt => "SalesReceipt",
            Invoice => "Invoice",
            Payment => "Payment",
            CreditMemo => "CreditMemo",
            RefundReceipt => "RefundReceipt",
            Preferences => "Preferences",
            CompanyInfo => "CompanyInfo",
            ExchangeRate => "ExchangeRate",
            CompanyCurrency => "CompanyCurrency",
        }
    }

    /// The entity of that name, in any case (quickbooks-online.md 2.1, 2.6).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// Whether it is a transaction (has TxnDate, posts to accounts).
    pub fn is_transaction(self) -> bool {
        self.is_sale() || self == Payment
    }

    /// Whether it is a form with item lines.
    pub fn is_sale(self) -> bool {
        matches!(self, SalesReceipt | Invoice | CreditMemo | RefundReceipt)
    }

    /// Whether its rows can be inactive and queries hide those by default.
    pub(super) fn has_active(self) -> bool {
        !self.is_transaction() && !matches!(self, Preferences | CompanyInfo | ExchangeRate | TaxAgency)
    }

    /// Whether the API can create and change it.
    pub(super) fn is_writable(self) -> bool {
        !matches!(self, TaxCode | TaxRate | Preferences | CompanyInfo | Employee)
    }

    /// Whether its name gets ` (deleted)` when it is made inactive (quickbooks-online.md 2.2, 3.2).
    pub(super) fn is_renamed_when_inactive(self) -> bool {
        matches!(self, Account | Customer | Class | Item)
    }

    /// Whether it shares the one name list of people and firms (quickbooks-online.md 3.2).
    pub(super) fn is_name_list(self) -> bool {
        matches!(self, Customer | Vendor | Employee)
    }

    /// The member that holds its name.
    pub(super) fn name_member(self) -> &'static str {
        match self {
            Customer | Vendor | Employee | TaxAgency => "DisplayName",
            CompanyCurrency => "Code",
            _ => "Name",
        }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
