//! Names and decimals of the currencies the simulator meets.
//!
//! In: an ISO code. Out: its name in CurrencyRef and how many decimals its amounts have. Codes not listed have two decimals
//! and their code as name. QuickBooks keeps two decimals at most (quickbooks-online.md 3.4).

/// Whether the text has the shape of an ISO code.
pub(super) fn is_code(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// The name beside the code.
pub(super) fn name(code: &str) -> &str {
    match code {
        "GBP" => "British Pound Sterling",
        "USD" => "United States Dollar",
        "EUR" => "Euro",
        "AUD" => "Australian Dollar",
        "CAD" => "Canadian Dollar",
        "JPY" => "Japanese Yen",
        "CHF" => "Swiss Franc",
        "SEK" => "Swedish Krona",
        "NOK" => "Norwegian Krone",
        "DKK" => "Danish Krone",
        "PLN" => "Polish Zloty",
        "NZD" => "New Zealand Dollar",
        other => other,
    }
}

/// Decimals of an amount.
pub(super) fn decimals(code: &str) -> u32 {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        _ => 2,
    }
}
