//! Small facts: watermarks, forms, exchange rates, versions of settings and rules.
//!
//! In: facts, each with the condition that keeps the better one. Out: facts. A version's text is deflated and may take several
//! items, since one holds at most 400 KB and 5,000 rules come to 1 or 2 MB.

use domain::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use ports::{FormKey, FormState, StoreError};
use rust_decimal::Decimal;

use crate::error::{broken, unreadable};
use crate::keys::{self, INSTANT, RECORD};
use crate::large;
use crate::record::{decode, encode, instant, pack, parse_instant, unpack};
use crate::table::{Table, Write, bytes, key_item, read_bytes, read_text, text};

/// A watermark by name.
pub(crate) async fn watermark(table: &Table, name: &str) -> Result<Option<Timestamp>, StoreError> {
    let place = format!("watermark {name}");
    let item = table.get(&place, &keys::watermark(name)).await?;
    item.map(|item| parse_instant(&place, read_text(&place, &item, INSTANT)?))
        .transpose()
}

/// Moves a watermark; a later one stays.
pub(crate) async fn advance_watermark(table: &Table, name: &str, to: Timestamp) -> Result<(), StoreError> {
    let write = Write::new(keys::watermark(name), "attribute_not_exists(#p) OR #a < :a")
        .set(INSTANT, text(instant(to)))
        .value("a", text(instant(to)));
    table
        .update(&format!("watermark {name}"), &write)
        .await
        .map(|_| ())
}

fn form_name(form: &FormKey) -> Result<String, StoreError> {
    serde_json::to_string(form).map_err(|_| broken("form", "it has no JSON form"))
}

/// What is known of a form.
pub(crate) async fn form(table: &Table, form: &FormKey) -> Result<Option<FormState>, StoreError> {
    let name = form_name(form)?;
    let place = format!("form {name}");
    let item = table.get(&place, &keys::form(&name)).await?;
    let kept: Option<(FormKey, FormState)> = item
        .map(|item| decode(&place, read_bytes(&place, &item, RECORD)?))
        .transpose()?;
    Ok(kept.map(|(_, state)| state))
}

/// Every form known.
pub(crate) async fn forms(table: &Table) -> Result<Vec<(FormKey, FormState)>, StoreError> {
    let items = table.query("forms", keys::FORMS, "{", "~").await?;
    items
        .iter()
        .map(|item| decode("form", read_bytes("form", item, RECORD)?))
        .collect()
}

/// Records or forgets what is known of a form.
pub(crate) async fn put_form(
    table: &Table,
    form: &FormKey,
    state: Option<&FormState>,
) -> Result<(), StoreError> {
    let name = form_name(form)?;
    let place = format!("form {name}");
    let key = keys::form(&name);
    match state {
        None => table.delete(&place, &Write::new(key, "")).await.map(|_| ()),
        Some(state) => {
            let mut item = key_item(&key);
            item.insert(RECORD.into(), bytes(encode(&place, &(form, state))?));
            table.put_all(&place, vec![item]).await
        }
    }
}

/// The rate of a day.
pub(crate) async fn exchange_rate(
    table: &Table,
    currency: Currency,
    date: Date,
) -> Result<Option<Decimal>, StoreError> {
    let place = format!("exchange rate {currency} {date}");
    let item = table.get(&place, &keys::exchange_rate(currency, date)).await?;
    item.map(|item| {
        let digits = read_text(&place, &item, INSTANT)?;
        Decimal::from_str_exact(digits).map_err(|_| unreadable(&place, "its rate is no decimal"))
    })
    .transpose()
}

/// Keeps the rate of a day; the first one stays. Text, since DynamoDB would shorten a number.
pub(crate) async fn put_exchange_rate(
    table: &Table,
    currency: Currency,
    date: Date,
    rate: Decimal,
) -> Result<(), StoreError> {
    let mut item = key_item(&keys::exchange_rate(currency, date));
    item.insert(INSTANT.into(), text(rate.to_string()));
    table
        .put_new(&format!("exchange rate {currency} {date}"), item)
        .await
        .map(|_| ())
}

/// Keeps a version of a text; the hash is its name, so the first one stays. The first item comes last: it makes the others count.
pub(crate) async fn put_version(
    table: &Table,
    kind: &str,
    version: &str,
    whole: &str,
) -> Result<(), StoreError> {
    let place = format!("{kind} version {version}");
    let mut items = large::items(&keys::version(kind, version), &pack(&place, whole.as_bytes())?);
    let first = items.remove(0);
    if table.get(&place, &keys::version(kind, version)).await?.is_some() {
        return Ok(());
    }
    table.put_all(&place, items).await?;
    table.put_new(&place, first).await.map(|_| ())
}

/// A version of a text.
pub(crate) async fn version(table: &Table, kind: &str, version: &str) -> Result<Option<String>, StoreError> {
    let place = format!("{kind} version {version}");
    let Some(packed) = large::read(table, &place, &keys::version(kind, version)).await? else {
        return Ok(None);
    };
    String::from_utf8(unpack(&place, &packed)?)
        .map(Some)
        .map_err(|_| unreadable(&place, "it is no text"))
}
