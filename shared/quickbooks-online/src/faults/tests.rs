//! Every code of quickbooks-online.md 2.12, and the texts of 2.13 and 2.14.

use super::*;

fn raw(code: &str) -> RawFault {
    RawFault {
        code: code.to_owned(),
        ..RawFault::default()
    }
}

fn text(detail: &str) -> FaultClass {
    classify(&RawFault {
        code: "6000".into(),
        detail: detail.into(),
        ..RawFault::default()
    })
}

#[test]
fn every_listed_code_has_one_who_must_act() {
    use FaultAct::*;
    let table: &[(FaultAct, &[u32])] = &[
        (Reconnect, &[100, 110, 120, 3100, 3200]),
        (RetryLater, &[130, 140, 150, 1000, 1010, 1020, 10000]),
        (Throttled, &[3001]),
        (Unavailable, &[6190, 10200]),
        (LookUp, &[600]),
        (DuplicateNumber, &[6140]),
        (RefreshLists, &[610, 2500, 6160, 6230, 6250]),
        (
            Person,
            &[
                500, 620, 630, 700, 800, 900, 1040, 1050, 2000, 2010, 2020, 2030, 2040, 2050, 2060, 2110,
                2120,
            ],
        ),
        (
            Person,
            &[
                2130, 2140, 2150, 2160, 2170, 2200, 2210, 2220, 2250, 2290, 2300, 2600, 3000, 4000, 4001,
                4002,
            ],
        ),
        (
            Person,
            &[
                5010, 5020, 5030, 6000, 6010, 6020, 6050, 6070, 6080, 6090, 6100, 6130, 6150, 6170, 6180,
                6200,
            ],
        ),
        (
            Person,
            &[
                6210, 6220, 6240, 6270, 6280, 6310, 6390, 6400, 6420, 6430, 6440, 6450, 6470, 6480, 6520,
                6530,
            ],
        ),
        (Person, &[6540, 10100]),
    ];
    for (act, codes) in table {
        for code in *codes {
            let class = classify(&raw(&code.to_string()));
            assert_eq!(class.act, *act, "{code}");
            assert!(!class.cause.is_empty() && !class.remedy.is_empty(), "{code}");
        }
    }
}

#[test]
fn the_codes_of_documents_have_their_own_reasons() {
    for (code, reason) in [
        (6200, ReasonCode::ClosedBooks),
        (6210, ReasonCode::ClosedBooks),
        (6240, ReasonCode::NameTaken),
        (6140, ReasonCode::NumberTaken),
        (610, ReasonCode::BadReference),
        (2500, ReasonCode::BadReference),
        (6430, ReasonCode::WrongAccount),
        (6070, ReasonCode::Defect),
        (2010, ReasonCode::Defect),
        (6100, ReasonCode::SettingUnusable),
        (6080, ReasonCode::CustomerNameMissing),
        (2220, ReasonCode::MulticurrencyOff),
        (3200, ReasonCode::Disconnected),
    ] {
        assert_eq!(classify(&raw(&code.to_string())).code, reason, "{code}");
    }
}

#[test]
fn a_code_that_is_not_in_the_list_needs_a_person() {
    for code in ["9999", "", "abc", "-1", "99999999999"] {
        let class = classify(&raw(code));
        assert_eq!(
            (class.act, class.code),
            (FaultAct::Person, ReasonCode::Refused),
            "{code}"
        );
    }
}

#[test]
fn the_known_texts_of_6000_choose_the_remedy_and_only_10600_is_retried() {
    for rate in ["VAT", "GST", "GST/HST"] {
        let class = text(&format!(
            "Make sure all your transactions have a {rate} rate before you save."
        ));
        assert_eq!(
            (class.act, class.code),
            (FaultAct::Person, ReasonCode::UnknownTaxCode)
        );
    }
    assert_eq!(
        text("You need to select a different type of account").code,
        ReasonCode::WrongAccount
    );
    assert_eq!(
        text("if Track quantity on hand is turned off, the item").code,
        ReasonCode::SettingUnusable
    );
    assert_eq!(
        text("Transactions in this currency").code,
        ReasonCode::CustomerCurrency
    );
    assert_eq!(
        text("An unexpected error occurred ... -10600").act,
        FaultAct::RetryLater
    );
    assert_eq!(text("Ein unbekannter Text").code, ReasonCode::Refused);
}

#[test]
fn the_transaction_of_a_6140_is_read_from_every_wording() {
    let id = |detail: &str| {
        read_duplicate_id(&RawFault {
            detail: detail.into(),
            ..RawFault::default()
        })
    };
    let known = "This number has already been used. DocNumber=O0010714 is assigned to TxnType=Invoice with TxnId=45823";
    assert_eq!(id(known), Some(TransactionId::new("45823")));
    assert_eq!(
        id("... with TxnId = \"77\" in use"),
        Some(TransactionId::new("77"))
    );
    assert_eq!(id("txnid: 12."), Some(TransactionId::new("12")));
    assert_eq!(id("DocNumber=1 is assigned to TxnType=Invoice"), None);
    assert_eq!(id("TxnId="), None);
}

#[test]
fn both_spellings_of_a_fault_are_read() {
    let services = r#"{"Fault":{"Error":[{"Message":"m","Detail":"d","code":"6240","element":""}],"type":"ValidationFault"}}"#;
    let gateway = r#"{"fault":{"error":[{"message":"m","detail":"d","code":"3200","element":null}],"type":"X"},"time":1}"#;
    for (body, code) in [(services, "6240"), (gateway, "3200")] {
        let fault = read_fault(&serde_json::from_str(body).unwrap(), Some("tid-1")).unwrap();
        assert_eq!(
            (fault.code.as_str(), fault.message.as_str(), fault.detail.as_str()),
            (code, "m", "d")
        );
        assert_eq!(fault.intuit_tid.as_deref(), Some("tid-1"));
    }
    assert_eq!(
        read_fault(
            &serde_json::from_str(r#"{"Fault":null,"fault":null}"#).unwrap(),
            None
        ),
        None
    );
}

#[test]
fn several_errors_keep_the_first_code_and_all_details() {
    let body = r#"{"Fault":{"Error":[{"Message":"a","Detail":"first","code":6240},{"Message":"second","code":"2050"}]}}"#;
    let fault = read_fault(&serde_json::from_str(body).unwrap(), None).unwrap();
    assert_eq!(
        (fault.code.as_str(), fault.detail.as_str()),
        ("6240", "first; 2050 second")
    );
}

#[test]
fn a_throttling_xml_answer_is_read_with_and_without_the_code() {
    let body = r#"<?xml version="1.0"?><IntuitResponse time="2016-12-07T15:27:09.527-08:00"><Fault type="SERVICE"><Error code="3001">
        <Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message><Detail>limit &amp; more</Detail></Error></Fault></IntuitResponse>"#;
    let fault = read_xml_fault(body, None).unwrap();
    assert_eq!(
        (fault.code.as_str(), fault.detail.as_str()),
        ("3001", "limit & more")
    );
    assert_eq!(
        read_xml_fault(&body.replace(" code=\"3001\"", ""), None)
            .unwrap()
            .code,
        "3001"
    );
    assert_eq!(
        read_xml_fault("<html><body>502 Bad Gateway</body></html>", None),
        None
    );
}
