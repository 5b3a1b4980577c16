//! The table of fault codes (quickbooks-online.md 2.12): who must act, why, and what to do.
//!
//! In: a code. Out: its row, or none for a code that is not in the list. Looks at no text.

use domain::ReasonCode;

use super::FaultAct;

pub(super) type Row = (FaultAct, ReasonCode, &'static str, &'static str);

const REPORT: &str = "This is a defect of linnbooks: report it with the answer of QuickBooks";
const RECONNECT: &str = "Connect QuickBooks again as an administrator of the company";
pub(super) const LATER: &str = "Nothing needs to be done: it is tried again later";

/// Connection, company and capacity.
pub(super) fn sort_connection(code: u32) -> Option<Row> {
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
pub(super) fn sort_list(code: u32) -> Option<Row> {
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
pub(super) fn sort_transaction(code: u32) -> Option<Row> {
    use FaultAct::{DuplicateNumber, LookUp, Person};
    use ReasonCode::{AnswerLost, ClosedBooks, NumberTaken, Refused};
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
        _ => return sort_lock(code).or_else(|| sort_form(code)),
    })
}

/// What other transactions or users hold.
fn sort_lock(code: u32) -> Option<Row> {
    use FaultAct::Person;
    use ReasonCode::Refused;
    Some(match code {
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
        _ => return None,
    })
}

/// Lines and tax.
fn sort_form(code: u32) -> Option<Row> {
    use FaultAct::Person;
    use ReasonCode::{Defect, Refused, SettingUnusable};
    Some(match code {
        6270 => (
            Person,
            Refused,
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
pub(super) fn sort_request(code: u32) -> Option<Row> {
    use FaultAct::Person;
    use ReasonCode::{MulticurrencyOff, Refused};
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
        _ => return sort_malformed(code),
    })
}

/// What only a defect can cause.
fn sort_malformed(code: u32) -> Option<Row> {
    use FaultAct::Person;
    use ReasonCode::Defect;
    Some(match code {
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
