//! Faults of QuickBooks: read from JSON or XML, then sorted by who must act (quickbooks-online.md 2.11 to 2.14).
//!
//! In: a body. Out: the raw fault with its intuit_tid, and a cause and remedy in plain words. Texts of QuickBooks are localised
//! and may hold personal data: they are never matched to decide, only to choose a better remedy, and stay in the raw fault.

use domain::{RawFault, Reason, ReasonCode, TransactionId};

mod table;
#[cfg(test)]
mod tests;

use crate::wire::answer::{FaultWire, MembersWire, read_member};
use table::{LATER, Row, sort_connection, sort_list, sort_request, sort_transaction};

/// Who must act on a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultAct {
    /// A person.
    Person,
    /// Lists are read again.
    RefreshLists,
    /// The same again later.
    RetryLater,
    /// The number is taken (6140).
    DuplicateNumber,
    /// The request id was seen before (600): what became of the first is not said.
    LookUp,
    /// The connection must be renewed.
    Reconnect,
    /// The company cannot be used.
    Unavailable,
    /// Too many calls.
    Throttled,
}

/// What a fault means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FaultClass {
    pub(crate) act: FaultAct,
    pub(crate) code: ReasonCode,
    pub(crate) cause: &'static str,
    pub(crate) remedy: &'static str,
}

impl FaultClass {
    /// The reason for a document or list object.
    pub(crate) fn to_reason(&self, raw: &RawFault) -> Reason {
        Reason::new(self.code, self.cause, self.remedy).with_raw(raw.clone())
    }
}

/// The fault within the members of an envelope or batch item.
pub(crate) fn read_fault(members: &MembersWire, intuit_tid: Option<&str>) -> Option<RawFault> {
    let name = ["Fault", "fault"]
        .into_iter()
        .find(|name| members.get(*name).is_some_and(|raw| raw.get() != "null"))?;
    // A fault of unknown shape is still a fault.
    Some(to_raw(
        read_member::<FaultWire>(members, name).unwrap_or_default(),
        intuit_tid,
    ))
}

/// The raw fault of a wire fault; further errors are appended to the detail.
pub(crate) fn to_raw(fault: FaultWire, intuit_tid: Option<&str>) -> RawFault {
    let mut errors = fault.errors.unwrap_or_default().into_iter();
    let first = errors.next().unwrap_or_default();
    let mut detail = first.detail.unwrap_or_default();
    for other in errors {
        let code = other.code.map(|code| code.0).unwrap_or_default();
        detail.push_str(&format!(
            "; {code} {}",
            other.detail.or(other.message).unwrap_or_default()
        ));
    }
    let message = first.message.unwrap_or_default();
    let code = first.code.map(|code| code.0).filter(|code| !code.is_empty());
    RawFault {
        code: trim_code(
            code.as_deref()
                .or_else(|| code_of_text(&message))
                .unwrap_or_default(),
        ),
        message,
        detail,
        intuit_tid: intuit_tid.map(str::to_owned),
    }
}

/// The fault of an XML answer, which comes when the gateway does not look at Accept (quickbooks-online.md 2.10).
pub(crate) fn read_xml_fault(body: &str, intuit_tid: Option<&str>) -> Option<RawFault> {
    let at = body.find("<Fault").or_else(|| body.find("<fault"))?;
    let fault = body.get(at..)?;
    let message = between(fault, "<Message>", "</Message>").unwrap_or_default();
    let code = between(fault, "code=\"", "\"")
        .or_else(|| code_of_text(message))
        .unwrap_or_default();
    let detail = between(fault, "<Detail>", "</Detail>").unwrap_or_default();
    Some(RawFault {
        code: trim_code(code),
        message: unescape(message),
        detail: unescape(detail),
        intuit_tid: intuit_tid.map(str::to_owned),
    })
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

/// The gateway repeats the code in its message: `message=ThrottleExceeded; errorCode=003001; statusCode=403`.
fn code_of_text(message: &str) -> Option<&str> {
    between(message, "errorCode=", ";")
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// `003001` and `3001` are the same code.
fn trim_code(code: &str) -> String {
    let code = code.trim();
    let short = code.trim_start_matches('0');
    if short.is_empty() {
        code.to_owned()
    } else {
        short.to_owned()
    }
}

/// The transaction that has the number, when a 6140 names it (quickbooks-online.md 2.14); the wording is not promised.
pub(crate) fn read_duplicate_id(raw: &RawFault) -> Option<TransactionId> {
    let lower = raw.detail.to_ascii_lowercase();
    let at = lower.find("txnid")?;
    let digits: String = lower
        .get(at + "txnid".len()..)?
        .trim_start_matches([' ', '=', ':', '"', '\''])
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    (!digits.is_empty()).then(|| TransactionId::new(digits))
}

/// What a fault means; a code that is not in the table needs a person.
pub(crate) fn classify(raw: &RawFault) -> FaultClass {
    let code = raw.code.parse::<u32>().unwrap_or(0);
    if code == 6000 {
        return classify_business(raw);
    }
    let (act, code, cause, remedy) = sort_connection(code)
        .or_else(|| sort_list(code))
        .or_else(|| sort_transaction(code))
        .or_else(|| sort_request(code))
        .unwrap_or((
            FaultAct::Person,
            ReasonCode::Refused,
            "QuickBooks refused it",
            "See the answer of QuickBooks; correct the order or the settings, then resync it",
        ));
    FaultClass {
        act,
        code,
        cause,
        remedy,
    }
}

/// The known texts of 6000 (quickbooks-online.md 2.13), lower case; the first that occurs counts.
const BUSINESS_TEXTS: [(&str, Row); 7] = [
    (
        "-10600",
        (
            FaultAct::RetryLater,
            ReasonCode::Waiting,
            "QuickBooks failed on its own side",
            LATER,
        ),
    ),
    ("vat rate", NO_TAX_CODE),
    ("gst rate", NO_TAX_CODE),
    ("gst/hst rate", NO_TAX_CODE),
    (
        "type of account",
        (
            FaultAct::Person,
            ReasonCode::WrongAccount,
            "An account of the wrong type is used",
            "Choose an account of the right type and currency in the settings",
        ),
    ),
    (
        "quantity on hand",
        (
            FaultAct::Person,
            ReasonCode::SettingUnusable,
            "QuickBooks does not track inventory in this company",
            "Switch on inventory tracking in QuickBooks, or create items as non-inventory in the settings",
        ),
    ),
    (
        "currency",
        (
            FaultAct::Person,
            ReasonCode::CustomerCurrency,
            "The currencies of the document do not fit together",
            "Use a customer and accounts of the order's currency; a customer's currency never changes",
        ),
    ),
];

const NO_TAX_CODE: Row = (
    FaultAct::Person,
    ReasonCode::UnknownTaxCode,
    "A line has no tax code",
    "Map every tax rate to a tax code in the settings",
);

const OTHER_BUSINESS: Row = (
    FaultAct::Person,
    ReasonCode::Refused,
    "QuickBooks refused it by a rule of its own",
    "See the answer of QuickBooks; correct the order or the settings, then resync it",
);

/// 6000 has free text; only -10600 changes who must act, the others choose a better remedy.
fn classify_business(raw: &RawFault) -> FaultClass {
    let text = format!("{} {}", raw.message, raw.detail).to_ascii_lowercase();
    let known = BUSINESS_TEXTS.iter().find(|(part, _)| text.contains(part));
    let (act, code, cause, remedy) = known.map_or(OTHER_BUSINESS, |(_, row)| *row);
    FaultClass {
        act,
        code,
        cause,
        remedy,
    }
}
