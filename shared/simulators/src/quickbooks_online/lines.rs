//! The lines of a sales form: checked, completed and summed.
//!
//! In: the `Line` array of a request, the tax mode, the books. Out: the lines as they are stored, what tax applies to,
//! the discount; or a fault. Holds the amount rule (quickbooks-online.md 3.4), the discount and shipping lines (3.5) and
//! the reading of gross amounts (3.19). Does not compute tax (see `tax`).

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::books::Books;
use super::fault::Fault;
use super::json::{Json, round_half_up};
use super::kind::EntityKind;
use super::switches::{Switches, TaxInclusiveReading, UntrackedReference};
use super::tax;

/// How tax is read on a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaxMode {
    /// TAX and NON on lines, one figure for the form.
    UnitedStates,
    /// Amounts are net.
    Excluded,
    /// Amounts carry gross figures.
    Inclusive,
    /// No tax.
    NotApplicable,
}

/// A line that counts: its net amount, its gross one where the form carries gross figures, and its tax code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TaxedLine {
    pub net: Decimal,
    pub gross: Option<Decimal>,
    pub tax_code: Option<String>,
}

/// The outcome of reading the lines.
#[derive(Debug, Default)]
pub(super) struct SaleLines {
    /// The lines as stored, with ids; the subtotal last.
    pub stored: Vec<Json>,
    /// What tax applies to.
    pub taxed: Vec<TaxedLine>,
    /// The discount, positive.
    pub discount: Decimal,
}

impl SaleLines {
    /// Sum of the net amounts before the discount.
    pub fn subtotal(&self) -> Decimal {
        self.taxed.iter().map(|line| line.net).sum()
    }
}

/// What the lines are read against.
pub(super) struct LineContext<'a> {
    pub books: &'a Books,
    pub switches: &'a Switches,
    pub mode: TaxMode,
    pub txn_date: Date,
    /// Decimals of the currency.
    pub decimals: u32,
}

/// Formats an amount as faults do: `1,861.07`.
fn grouped(value: Decimal) -> String {
    let text = value.normalize().to_string();
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits
        .split_once('.')
        .map_or((digits, None), |(a, b)| (a, Some(b)));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A number member: absent, or a decimal of at most `decimals_max` decimals; more are refused.
fn number(detail: &Json, member: &str, decimals_max: u32) -> Result<Option<Decimal>, Fault> {
    let Some(value) = detail.get(member) else {
        return Ok(None);
    };
    let Some(number) = value.as_decimal() else {
        return Err(Fault::new(
            "2090",
            "Invalid Number",
            format!("{member} should be a valid number"),
        )
        .at(member));
    };
    if number.normalize().scale() > decimals_max {
        let detail = format!("{member} has more than {decimals_max} decimals. Supplied value:{number}");
        return Err(Fault::new("2110", "Invalid Decimal", detail).at(member));
    }
    Ok(Some(number))
}

impl LineContext<'_> {
    /// Reads every line. `previous` are the stored lines of the form being updated: ids they have are kept.
    pub fn read(&self, lines: &[Json], previous: &[Json]) -> Result<SaleLines, Fault> {
        let lines: Vec<&Json> = lines
            .iter()
            .filter(|line| line.text_at("DetailType") != Some("SubTotalLineDetail"))
            .collect();
        if lines.is_empty() {
            return Err(Fault::missing("Line"));
        }
        let mut sale = SaleLines::default();
        let mut discounts = Vec::new();
        for line in &lines {
            let mut line = (*line).clone();
            match line.text_at("DetailType") {
                Some("SalesItemLineDetail") => self.read_item_line(&mut line, &mut sale)?,
                Some("DescriptionOnly") => {
                    line.remove("Amount");
                }
                Some("DiscountLineDetail") => discounts.push(sale.stored.len()),
                Some(other) => {
                    let detail = format!("DetailType {other} is not supported on sales forms");
                    return Err(Fault::new("2170", "Invalid Enumeration", detail).at("DetailType"));
                }
                None => return Err(Fault::missing("DetailType")),
            }
            sale.stored.push(line);
        }
        if discounts.len() > 1 {
            return Err(Fault::business("Only one discount line is allowed on a form."));
        }
        if let Some(line) = discounts
            .first()
            .and_then(|index| sale.stored.get(*index))
            .cloned()
        {
            let (line, amount) = self.read_discount(line, sale.subtotal())?;
            sale.discount = amount;
            if let Some(slot) = discounts.first().and_then(|index| sale.stored.get_mut(*index)) {
                *slot = line;
            }
        }
        give_ids(&mut sale.stored, previous);
        let subtotal = Json::object()
            .with("Amount", Json::amount(sale.subtotal()))
            .with("DetailType", Json::text("SubTotalLineDetail"))
            .with("SubTotalLineDetail", Json::object());
        sale.stored.push(subtotal);
        Ok(sale)
    }

    /// The amount of a line after the amount rule (quickbooks-online.md 3.4).
    fn checked_amount(&self, line: &Json, detail: &Json) -> Result<Decimal, Fault> {
        let quantity = number(detail, "Qty", 7)?;
        let price = number(detail, "UnitPrice", 7)?;
        let amount = number(line, "Amount", 28)?;
        let (Some(quantity), Some(price)) = (quantity, price) else {
            return amount
                .map(|one| round_half_up(one, self.decimals))
                .ok_or_else(|| Fault::missing("Amount"));
        };
        let product = quantity
            .checked_mul(price)
            .map(|exact| round_half_up(exact, self.decimals));
        match (product, amount) {
            (Some(product), None) => Ok(product),
            (Some(product), Some(amount)) if product == amount => Ok(amount),
            (_, amount) => Err(Fault::new(
                "6070",
                "Amount calculation incorrect in the request.",
                format!(
                    "Amount calculation incorrect in the request. : Amount is not equal to UnitPrice * Qty. Supplied \
                     value:{}",
                    grouped(amount.unwrap_or_default())
                ),
            )
            .at("line")),
        }
    }

    fn read_item_line(&self, line: &mut Json, sale: &mut SaleLines) -> Result<(), Fault> {
        let mut detail = line
            .get("SalesItemLineDetail")
            .cloned()
            .unwrap_or_else(Json::object);
        let amount = self.checked_amount(line, &detail)?;
        self.complete_class(&mut detail)?;
        if detail.get("ItemRef").is_none() {
            // Documentation only, the amount does not count (quickbooks-online.md 3.4).
            line.set("SalesItemLineDetail", detail);
            return Ok(());
        }
        self.complete_item(&mut detail)?;
        let tax_code = self.complete_tax_code(&mut detail)?;
        let (net, gross) = self.net_and_gross(amount, &mut detail, tax_code.as_deref())?;
        line.set("Amount", Json::amount(net));
        line.set("SalesItemLineDetail", detail);
        sale.taxed.push(TaxedLine { net, gross, tax_code });
        Ok(())
    }

    fn complete_item(&self, detail: &mut Json) -> Result<(), Fault> {
        if detail.text_at("ItemRef.value") == Some("SHIPPING_ITEM_ID") {
            if self.books.company.preferences.allow_shipping {
                return Ok(());
            }
            return Err(Fault::business(
                "Shipping is turned off. Turn it on before you use SHIPPING_ITEM_ID.",
            ));
        }
        let Some(item) = self.books.resolve(EntityKind::Item, detail, "ItemRef")? else {
            return Ok(());
        };
        if item.body.text_at("Type") == Some("Category") {
            return Err(Fault::business("A category can't be added to a transaction."));
        }
        if item.body.text_at("Type") == Some("Inventory") {
            if number(detail, "Qty", 7)?.is_none() {
                return Err(Fault::new(
                    "6520",
                    "Missing tracked inventory item quantity",
                    "Quantity is required on lines with inventory items",
                )
                .at("Qty"));
            }
            let start = item
                .body
                .text_at("InvStartDate")
                .and_then(|text| text.parse::<Date>().ok());
            if start.is_some_and(|start| self.txn_date < start) {
                return Err(Fault::new(
                    "6270",
                    "Transaction date is prior to start date for inventory item",
                    "Transactions with inventory (QOH) products cant be dated earlier than the Inventory Start Date \
                     for the product",
                )
                .at(""));
            }
        }
        let reference = Json::reference(&item.id, Some(item.display_name(EntityKind::Item)));
        if let Some(account) = item.body.get("IncomeAccountRef") {
            detail.set("ItemAccountRef", account.clone());
        }
        detail.set("ItemRef", reference);
        Ok(())
    }

    fn complete_class(&self, detail: &mut Json) -> Result<(), Fault> {
        let tracked = self.books.company.preferences.class_tracking_per_txn_line;
        complete_tracked(
            self.books,
            self.switches,
            EntityKind::Class,
            detail,
            "ClassRef",
            tracked,
        )
    }

    fn complete_tax_code(&self, detail: &mut Json) -> Result<Option<String>, Fault> {
        let code = detail.text_at("TaxCodeRef.value").map(str::to_owned);
        match (self.mode, code) {
            (TaxMode::UnitedStates, None) => {
                detail.set("TaxCodeRef", Json::reference("NON", None));
                Ok(Some("NON".to_owned()))
            }
            (TaxMode::UnitedStates, Some(code)) if code == "TAX" || code == "NON" => Ok(Some(code)),
            (TaxMode::UnitedStates, Some(_)) => Err(Fault::new(
                "6100",
                "Invalid Line TaxCode",
                "Invalid Line TaxCode : Line TaxCode can only be TAX or NON",
            )
            .at("TaxCodeRef")),
            (TaxMode::NotApplicable, _) => {
                detail.remove("TaxCodeRef");
                Ok(None)
            }
            (_, None) => Err(Fault::business(&format!(
                "Make sure all your transactions have a {} rate before you save.",
                tax::local_name(&self.books.company.country)
            ))),
            (_, Some(_)) => {
                let code = self.books.resolve(EntityKind::TaxCode, detail, "TaxCodeRef")?;
                Ok(code.map(|code| code.id.clone()))
            }
        }
    }

    /// Splits the amount by the reading in force; writes `TaxInclusiveAmt` and a net `UnitPrice`.
    fn net_and_gross(
        &self,
        amount: Decimal,
        detail: &mut Json,
        tax_code: Option<&str>,
    ) -> Result<(Decimal, Option<Decimal>), Fault> {
        let given = number(detail, "TaxInclusiveAmt", 28)?;
        if self.mode != TaxMode::Inclusive {
            detail.remove("TaxInclusiveAmt");
            return Ok((amount, None));
        }
        let factor =
            Decimal::ONE + tax::percent_of_code(self.books, tax_code.unwrap_or("")) / Decimal::ONE_HUNDRED;
        let net_of = |gross: Decimal| round_half_up(gross / factor, self.decimals);
        let gross_of = |net: Decimal| round_half_up(net * factor, self.decimals);
        let (net, gross) = match (self.switches.tax_inclusive, given) {
            (TaxInclusiveReading::AmountTakenAsGross, _) => (net_of(amount), amount),
            (TaxInclusiveReading::TaxInclusiveAmtHonoured, Some(gross)) => {
                let gross = round_half_up(gross, self.decimals);
                // A net that is no rounding of the gross gives way to it.
                let is_rounding = (net_of(gross) - amount).abs() <= Decimal::new(1, self.decimals);
                (if is_rounding { amount } else { net_of(gross) }, gross)
            }
            _ => (amount, gross_of(amount)),
        };
        if net != amount
            && let Some(quantity) = number(detail, "Qty", 7)?
            && !quantity.is_zero()
        {
            detail.set("UnitPrice", Json::decimal(round_half_up(net / quantity, 7)));
        }
        detail.set("TaxInclusiveAmt", Json::amount(gross));
        let counts = self.switches.tax_inclusive != TaxInclusiveReading::AmountTakenAsNet;
        Ok((net, counts.then_some(gross)))
    }

    fn read_discount(&self, mut line: Json, subtotal: Decimal) -> Result<(Json, Decimal), Fault> {
        if !self.books.company.preferences.allow_discount {
            return Err(Fault::business(
                "Discounts are turned off. Turn them on before you use a discount line.",
            ));
        }
        let mut detail = line
            .get("DiscountLineDetail")
            .cloned()
            .unwrap_or_else(Json::object);
        let percent = number(&detail, "DiscountPercent", 28)?;
        let amount = number(&line, "Amount", 28)?;
        let missing = || {
            let text = "The discount line needs either an amount or a percentage";
            Fault::new("6090", "Discount line missing info", text).at("DiscountLineDetail")
        };
        let amount = if detail.bool_at("PercentBased") == Some(true) {
            let percent = percent.ok_or_else(missing)?;
            round_half_up(subtotal * percent / Decimal::ONE_HUNDRED, self.decimals)
        } else if percent.is_some_and(|percent| percent.is_zero()) {
            return Err(missing());
        } else {
            round_half_up(amount.ok_or_else(missing)?, self.decimals)
        };
        self.books
            .complete_reference(EntityKind::Account, &mut detail, "DiscountAccountRef")?;
        detail.set_default("PercentBased", Json::Bool(false));
        line.set("Amount", Json::amount(amount));
        line.set("DiscountLineDetail", detail);
        Ok((line, amount))
    }
}

/// Resolves a class or department reference where they are tracked; else drops or refuses it by switch.
pub(super) fn complete_tracked(
    books: &Books,
    switches: &Switches,
    kind: EntityKind,
    body: &mut Json,
    member: &str,
    tracked: bool,
) -> Result<(), Fault> {
    if tracked || body.get(member).is_none() {
        return books.complete_reference(kind, body, member);
    }
    match switches.untracked_reference {
        UntrackedReference::Ignored => {
            body.remove(member);
            Ok(())
        }
        UntrackedReference::Fault6000 => Err(Fault::business(&format!(
            "{kind} tracking is turned off. Turn it on before you use {member}."
        ))),
    }
}

/// Gives each line an id: those of the stored form are kept, others get numbers not used before (quickbooks-online.md 2.2).
fn give_ids(lines: &mut [Json], previous: &[Json]) {
    let old: Vec<&str> = previous.iter().filter_map(|line| line.text_at("Id")).collect();
    let mut last = old
        .iter()
        .filter_map(|id| id.parse::<u64>().ok())
        .max()
        .unwrap_or(0);
    for (index, line) in lines.iter_mut().enumerate() {
        if !line.text_at("Id").is_some_and(|id| old.contains(&id)) {
            last += 1;
            line.set("Id", Json::text(last.to_string()));
        }
        line.set("LineNum", Json::count(index + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_faults_have_thousands_separators() {
        assert_eq!(grouped(Decimal::new(186_107, 2)), "1,861.07");
        assert_eq!(grouped(Decimal::new(-1_234_567, 0)), "-1,234,567");
        assert_eq!(grouped(Decimal::new(999, 0)), "999");
    }
}
