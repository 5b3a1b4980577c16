//! SalesReceipt, Invoice and Payment as they are sent and as they come back (quickbooks-online.md 3.4 to 3.8, 3.19, 3.26).
//!
//! In: values of `convert`, or JSON. Out: JSON with a fixed order of members, or the few members that are compared.
//! None of these has a Debug: they hold personal data.

use serde::{Deserialize, Serialize};

use super::{AddressWire, EmailWire, NumberWire, RefWire, TextWire};

/// A SalesReceipt or Invoice to create. Members that only one of them knows stay empty on the other, since an unknown member
/// is refused with 2010.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SaleWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) doc_number: Option<String>,
    pub(crate) txn_date: String,
    pub(crate) customer_ref: RefWire,
    pub(crate) currency_ref: RefWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exchange_rate: Option<NumberWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sales_term_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deposit_to_account_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_method_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_ref_num: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) class_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) department_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bill_email: Option<EmailWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bill_addr: Option<AddressWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ship_addr: Option<AddressWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ship_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ship_method_ref: Option<NamedRefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tracking_num: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) customer_memo: Option<RefWire>,
    pub(crate) private_note: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) global_tax_calculation: Option<&'static str>,
    pub(crate) line: Vec<LineWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) txn_tax_detail: Option<TaxDetailWire>,
}

/// The shipping method: free text in both members.
#[derive(Serialize)]
pub(crate) struct NamedRefWire {
    pub(crate) value: String,
    pub(crate) name: String,
}

/// One line to create.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LineWire {
    pub(crate) detail_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<NumberWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sales_item_line_detail: Option<SalesItemWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) discount_line_detail: Option<DiscountWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description_line_detail: Option<NothingWire>,
}

/// An empty object.
#[derive(Serialize)]
pub(crate) struct NothingWire {}

/// SalesItemLineDetail.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SalesItemWire {
    pub(crate) item_ref: RefWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) qty: Option<NumberWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit_price: Option<NumberWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tax_inclusive_amt: Option<NumberWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tax_code_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) class_ref: Option<RefWire>,
}

/// DiscountLineDetail.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DiscountWire {
    pub(crate) percent_based: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) discount_account_ref: Option<RefWire>,
}

/// TxnTaxDetail.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TaxDetailWire {
    pub(crate) total_tax: NumberWire,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tax_line: Vec<TaxLineWire>,
}

/// One rate of TxnTaxDetail.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TaxLineWire {
    pub(crate) amount: NumberWire,
    pub(crate) detail_type: &'static str,
    pub(crate) tax_line_detail: TaxLineDetailWire,
}

/// TaxLineDetail.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TaxLineDetailWire {
    pub(crate) tax_rate_ref: RefWire,
    pub(crate) percent_based: bool,
    pub(crate) tax_percent: NumberWire,
    pub(crate) net_amount_taxable: NumberWire,
}

/// A Payment to create.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentWire {
    pub(crate) txn_date: String,
    pub(crate) customer_ref: RefWire,
    pub(crate) currency_ref: RefWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exchange_rate: Option<NumberWire>,
    pub(crate) total_amt: NumberWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deposit_to_account_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_method_ref: Option<RefWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_ref_num: Option<String>,
    pub(crate) private_note: String,
    pub(crate) line: Vec<PaymentLineWire>,
}

/// What a payment pays.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PaymentLineWire {
    pub(crate) amount: NumberWire,
    pub(crate) linked_txn: Vec<LinkedWire>,
}

/// A linked transaction.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LinkedWire {
    pub(crate) txn_id: String,
    pub(crate) txn_type: &'static str,
}

/// A transaction that came back, of any of the three kinds.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FoundWire {
    pub(crate) id: Option<TextWire>,
    pub(crate) sync_token: Option<TextWire>,
    pub(crate) doc_number: Option<String>,
    pub(crate) payment_ref_num: Option<String>,
    pub(crate) txn_date: Option<String>,
    pub(crate) total_amt: Option<NumberWire>,
    pub(crate) txn_tax_detail: Option<FoundTaxWire>,
    pub(crate) currency_ref: Option<FoundRefWire>,
    pub(crate) private_note: Option<String>,
    pub(crate) customer_ref: Option<FoundRefWire>,
    /// `Deleted` on what is gone.
    #[serde(rename = "status")]
    pub(crate) status: Option<String>,
}

/// TxnTaxDetail of an answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FoundTaxWire {
    pub(crate) total_tax: Option<NumberWire>,
}

/// A reference of an answer.
#[derive(Deserialize)]
pub(crate) struct FoundRefWire {
    pub(crate) value: Option<String>,
}
