//! Small facts by name: watermarks, forms, exchange rates, versions of settings and rules.
//!
//! In: one fact. Out: the same. Runs inside the caller's transaction.

use domain::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use ports::{FormKey, FormState, StoreError};
use rusqlite::{Connection, OptionalExtension, Params};
use rust_decimal::Decimal;

use crate::error::{at, unreadable};
use crate::record::{decode, encode, instant, parse_instant};

fn read_text(
    connection: &Connection,
    place: &str,
    sql: &str,
    key: impl Params,
) -> Result<Option<String>, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(key, |row| row.get(0)).optional())
        .map_err(at(place))
}

fn execute(connection: &Connection, place: &str, sql: &str, values: impl Params) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .map_err(at(place))?;
    Ok(())
}

/// A watermark.
pub(crate) fn watermark(connection: &Connection, name: &str) -> Result<Option<Timestamp>, StoreError> {
    let place = format!("watermark {name}");
    read_text(
        connection,
        &place,
        "SELECT at FROM watermarks WHERE name = ?1",
        [name],
    )?
    .map(|text| parse_instant(&place, &text))
    .transpose()
}

/// Moves a watermark, never backwards.
pub(crate) fn advance_watermark(
    connection: &Connection,
    name: &str,
    to: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO watermarks (name, at) VALUES (?1, ?2)
               ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE excluded.at > at";
    execute(
        connection,
        &format!("watermark {name}"),
        sql,
        [name, &instant(to)],
    )
}

/// `SalesReceipt/excluded/GBP`
fn form_name(form: &FormKey) -> String {
    format!("{}/{}/{}", form.kind.as_str(), form.tax.as_str(), form.currency)
}

/// What is known of a form.
pub(crate) fn form(connection: &Connection, form: &FormKey) -> Result<Option<FormState>, StoreError> {
    let name = form_name(form);
    let place = format!("form {name}");
    let json = read_text(
        connection,
        &place,
        "SELECT record FROM forms WHERE form = ?1",
        [&name],
    )?;
    let known: Option<(FormKey, FormState)> = json.map(|json| decode(&place, &json)).transpose()?;
    Ok(known.map(|(_, state)| state))
}

/// Every form, by name.
pub(crate) fn forms(connection: &Connection) -> Result<Vec<(FormKey, FormState)>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT form, record FROM forms ORDER BY form")
        .map_err(at("forms"))?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .map_err(at("forms"))?;
    rows.map(|row| {
        let (name, json) = row.map_err(at("forms"))?;
        decode(&format!("form {name}"), &json)
    })
    .collect()
}

/// Records or forgets what is known of a form.
pub(crate) fn put_form(
    connection: &Connection,
    form: &FormKey,
    state: Option<&FormState>,
) -> Result<(), StoreError> {
    let name = form_name(form);
    let place = format!("form {name}");
    let Some(state) = state else {
        return execute(connection, &place, "DELETE FROM forms WHERE form = ?1", [&name]);
    };
    let json = encode(&place, &(form, state))?;
    let sql = "INSERT INTO forms (form, record) VALUES (?1, ?2) ON CONFLICT (form) DO UPDATE SET record = excluded.record";
    execute(connection, &place, sql, [&name, &json])
}

/// The rate of a day.
pub(crate) fn exchange_rate(
    connection: &Connection,
    currency: Currency,
    date: Date,
) -> Result<Option<Decimal>, StoreError> {
    let place = format!("exchange rate {currency} {date}");
    let sql = "SELECT rate FROM exchange_rates WHERE currency = ?1 AND date = ?2";
    let text = read_text(connection, &place, sql, [currency.code(), &date.to_string()])?;
    text.map(|text| Decimal::from_str_exact(&text).map_err(|_| unreadable(&place, "its rate is no decimal")))
        .transpose()
}

/// Keeps the rate of a day; the first one stays.
pub(crate) fn put_exchange_rate(
    connection: &Connection,
    currency: Currency,
    date: Date,
    rate: Decimal,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO exchange_rates (currency, date, rate) VALUES (?1, ?2, ?3)
               ON CONFLICT (currency, date) DO NOTHING";
    let place = format!("exchange rate {currency} {date}");
    execute(
        connection,
        &place,
        sql,
        [currency.code(), &date.to_string(), &rate.to_string()],
    )
}

/// Keeps a version of a text; the hash is its name, so the first one stays.
pub(crate) fn put_version(
    connection: &Connection,
    kind: &str,
    version: &str,
    text: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO versions (kind, version, text) VALUES (?1, ?2, ?3) ON CONFLICT (kind, version) DO NOTHING";
    execute(
        connection,
        &format!("{kind} version {version}"),
        sql,
        [kind, version, text],
    )
}

/// A version of a text.
pub(crate) fn version(
    connection: &Connection,
    kind: &str,
    version: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT text FROM versions WHERE kind = ?1 AND version = ?2";
    read_text(
        connection,
        &format!("{kind} version {version}"),
        sql,
        [kind, version],
    )
}
