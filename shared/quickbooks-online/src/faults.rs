//! Faults of QuickBooks: read from JSON or XML, then sorted by who must act (quickbooks-online.md 2.11 to 2.14).
//!
//! In: a body. Out: the raw fault with its intuit_tid, and a cause and remedy in plain words. Texts of QuickBooks are localised
//! and may hold personal data: they are never matched to decide, only to choose a better remedy, and stay in the raw fault.

use domain::{RawFault, Reason, ReasonCode, TransactionId};

use crate::wire::answer::{FaultWire, MembersWire, read_member};

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
    RawFault {
        code: trim_code(&first.code.map(|code| code.0).unwrap_or_default()),
        message: first.message.unwrap_or_default(),
        detail,
        intuit_tid: intuit_tid.map(str::to_owned),
    }
}

/// The fault of an XML answer, which comes when the gateway does not look at Accept (quickbooks-online.md 2.10).
pub(crate) fn read_xml_fault(body: &str, intuit_tid: Option<&str>) -> Option<RawFault> {
    let at = body.find("<Fault").or_else(|| body.find("<fault"))?;
    let fault = body.get(at..)?;
    let code = between(fault, "code=\"", "\"").unwrap_or_default();
    let message = between(fault, "<Message>", "</Message>").unwrap_or_default();
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

type Row = (FaultAct, ReasonCode, &'static str, &'static str);

const REPORT: &str = "This is a defect of linnbooks: report it with the answer of QuickBooks";
const RECONNECT: &str = "Connect QuickBooks again as an administrator of the company";
const LATER: &str = "Nothing needs to be done: it is tried again later";

/// Connection, company and capacity.
fn sort_connection(code: u32) -> Option<Row> {
    use FaultAct::{Person, Reconnect, RetryLater, Throttled, Unavailable};
    use ReasonCode::{Disconnected, Refused, Waiting};
    Some(match code {
        100 | 110 | 3200 => (
            Reconnect,
            Disconnected,
            "QuickBooks does not accept the connection",
            RECONNECT,
        ),
        120 => (
            Reconnect,
            Disconnected,
            "The user who connected QuickBooks has no access any more",
            RECONNECT,
        ),
        3100 => (
            Reconnect,
            Disconnected,
            "The connection does not belong to this QuickBooks company",
            "Connect QuickBooks again, and check that sandbox keys are used with the sandbox and production keys with production",
        ),
        130 | 140 | 150 => (
            RetryLater,
            Waiting,
            "The QuickBooks company is locked or under maintenance",
            LATER,
        ),
        1000 | 1010 | 1020 | 10000 => (RetryLater, Waiting, "QuickBooks failed on its own side", LATER),
        3001 => (Throttled, Waiting, "QuickBooks got too many calls", LATER),
        6190 => (
            Unavailable,
            Refused,
            "The QuickBooks subscription has ended or has a billing problem",
            "Renew the QuickBooks subscription of this company",
        ),
        10200 => (
            Unavailable,
            Refused,
            "The QuickBooks company was reset and its data wiped",
            "Check the company in QuickBooks, then read its lists again and map everything anew",
        ),
        5020 => (
            Person,
            Refused,
            "The connected QuickBooks user lacks the permission",
            "Give the user the permission in QuickBooks, or connect as an administrator",
        ),
        5030 => (
            Person,
            Refused,
            "The QuickBooks plan lacks a feature that the document uses",
            "Upgrade the plan, or switch the feature (classes, locations, inventory, currencies) off in the settings",
        ),
        _ => return None,
    })
}

/// Customers, items, accounts and names.
fn sort_list(code: u32) -> Option<Row> {
    use FaultAct::{Person, RefreshLists};
    use ReasonCode::{BadReference, NameTaken, Refused, WrongAccount};
    Some(match code {
        610 | 2500 => (
            RefreshLists,
            BadReference,
            "A customer, item, account, class or tax code that the document names is inactive or gone in QuickBooks",
            "Make it active again in QuickBooks, or change the mapping",
        ),
        6250 => (
            RefreshLists,
            BadReference,
            "The customer is missing or inactive in QuickBooks",
            "Make the customer active again in QuickBooks, or change the mapping",
        ),
        6160 | 6230 => (
            RefreshLists,
            BadReference,
            "The tax code cannot be used in this QuickBooks company",
            "Choose another tax code in the settings",
        ),
        630 | 6240 => (
            Person,
            NameTaken,
            "The name is already used in QuickBooks (customers, vendors and employees share their names)",
            "Rename the one in QuickBooks, or let linnbooks use another name",
        ),
        6010 | 6430 => (
            Person,
            WrongAccount,
            "An account of the wrong type is used",
            "Choose an account of the right type in the settings",
        ),
        700 | 900 | 6150 | 6180 => (
            Person,
            Refused,
            "A parent in a QuickBooks list does not fit",
            "Correct the parent of the list object in QuickBooks",
        ),
        6080 => (
            Person,
            ReasonCode::CustomerNameMissing,
            "The customer has no name",
            "Give the order a customer name",
        ),
        _ => return None,
    })
}

/// Transactions.
fn sort_transaction(code: u32) -> Option<Row> {
    use FaultAct::{DuplicateNumber, LookUp, Person};
    use ReasonCode::{AnswerLost, ClosedBooks, Defect, NumberTaken, Refused, SettingUnusable};
    Some(match code {
        600 => (
            LookUp,
            AnswerLost,
            "QuickBooks has seen this request before",
            "It is looked up before anything is sent again",
        ),
        6140 => (
            DuplicateNumber,
            NumberTaken,
            "The number is already used in QuickBooks",
            "Change the number prefix in the settings, or rename the other transaction",
        ),
        6200 | 6210 => (
            Person,
            ClosedBooks,
            "The books are closed on the document's date",
            "Move the closing date in QuickBooks, or choose a later posting date, then resync the order",
        ),
        620 => (
            Person,
            Refused,
            "The payment cannot be linked to the invoice (void, paid already or of another customer)",
            "Check the invoice in QuickBooks",
        ),
        800 | 6220 | 6280 => (
            Person,
            Refused,
            "It cannot be deleted since other transactions depend on it",
            "Remove what depends on it in QuickBooks first",
        ),
        6400 | 6450 | 6480 | 6540 => (
            Person,
            Refused,
            "The transaction is locked: deposited, matched or settled",
            "Remove it from the deposit or match in QuickBooks first",
        ),
        5010 => (
            Person,
            Refused,
            "Another user changed it at the same time",
            "Resync the order",
        ),
        6130 => (
            Person,
            Refused,
            "The customer's billing parent cannot be changed",
            "Correct the customer in QuickBooks",
        ),
        6270 => (
            Person,
            ReasonCode::Refused,
            "The sale is dated before the start date of an inventory item",
            "Set an earlier inventory start date on the item in QuickBooks",
        ),
        6520 => (Person, Defect, "An inventory line has no quantity", REPORT),
        6070 => (
            Person,
            Defect,
            "A line's amount is not its quantity times its price",
            REPORT,
        ),
        6100 => (
            Person,
            SettingUnusable,
            "A company in the US takes only the tax codes TAX and NON on a line",
            "Correct the tax codes in the settings",
        ),
        6170 | 6470 => (
            Person,
            SettingUnusable,
            "The tax of the document does not fit its tax settings",
            "Choose another tax form in the settings",
        ),
        6090 => (Person, Defect, "The discount line is incomplete", REPORT),
        6420 => (
            Person,
            Refused,
            "An e-mail address is required",
            "Give the order an e-mail address",
        ),
        6440 => (Person, Defect, "A line has neither item nor account", REPORT),
        _ => return None,
    })
}

/// The form of the request.
fn sort_request(code: u32) -> Option<Row> {
    use FaultAct::Person;
    use ReasonCode::{Defect, MulticurrencyOff, Refused};
    Some(match code {
        2040 => (
            Person,
            Refused,
            "A text of the order holds characters that QuickBooks does not take",
            "Correct the text in Linnworks (US companies take Western European characters only)",
        ),
        2200 | 2210 => (
            Person,
            Refused,
            "A web or e-mail address is not valid",
            "Correct the address in Linnworks",
        ),
        2220 => (
            Person,
            MulticurrencyOff,
            "QuickBooks does not take the currency",
            "Switch multicurrency on in QuickBooks and add the currency",
        ),
        2290 => (
            Person,
            Refused,
            "QuickBooks does not take a negative amount here",
            "Correct the order's amounts",
        ),
        3000 => (
            Person,
            Refused,
            "A custom field is not defined in QuickBooks",
            "Correct the custom fields in the settings",
        ),
        10100 => (Person, Refused, "The result is too big", "Ask for a shorter span"),
        6530 => (
            Person,
            Refused,
            "The text looks like a card number",
            "Remove card numbers from the order's notes",
        ),
        500
        | 1040
        | 1050
        | 2000
        | 2010
        | 2020
        | 2030
        | 2050
        | 2060..=2170
        | 2250..=2300
        | 2600
        | 4000..=4002 => (
            Person,
            Defect,
            "QuickBooks did not understand the request",
            REPORT,
        ),
        6020..=6050 | 6310..=6390 => (
            Person,
            Defect,
            "QuickBooks refused something that linnbooks does not do",
            REPORT,
        ),
        _ => return None,
    })
}

/// 6000 has free text (quickbooks-online.md 2.13); only -10600 changes who must act.
fn classify_business(raw: &RawFault) -> FaultClass {
    let text = format!("{} {}", raw.message, raw.detail).to_ascii_lowercase();
    let class = |act, code, cause, remedy| FaultClass {
        act,
        code,
        cause,
        remedy,
    };
    let person = FaultAct::Person;
    if text.contains("-10600") {
        return class(
            FaultAct::RetryLater,
            ReasonCode::Waiting,
            "QuickBooks failed on its own side",
            LATER,
        );
    }
    if text.contains("vat rate") || text.contains("gst rate") || text.contains("gst/hst rate") {
        let remedy = "Map every tax rate to a tax code in the settings";
        return class(
            person,
            ReasonCode::UnknownTaxCode,
            "A line has no tax code",
            remedy,
        );
    }
    if text.contains("type of account") {
        let remedy = "Choose an account of the right type and currency in the settings";
        return class(
            person,
            ReasonCode::WrongAccount,
            "An account of the wrong type is used",
            remedy,
        );
    }
    if text.contains("quantity on hand") {
        let remedy =
            "Switch on inventory tracking in QuickBooks, or create items as non-inventory in the settings";
        return class(
            person,
            ReasonCode::SettingUnusable,
            "QuickBooks does not track inventory in this company",
            remedy,
        );
    }
    if text.contains("currency") {
        let remedy =
            "Use a customer and accounts of the order's currency; a customer's currency never changes";
        return class(
            person,
            ReasonCode::CustomerCurrency,
            "The currencies of the document do not fit together",
            remedy,
        );
    }
    let remedy = "See the answer of QuickBooks; correct the order or the settings, then resync it";
    class(
        person,
        ReasonCode::Refused,
        "QuickBooks refused it by a rule of its own",
        remedy,
    )
}
