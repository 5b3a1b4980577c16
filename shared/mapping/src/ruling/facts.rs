//! Makes the facts that rules see of an order: every source field, and every mapped field with the value that the settings
//! give it (behaviours.md 2.5, 3).
//!
//! In: the order and its context. Out: [`Facts`]. Holds no order: where the settings come to no value, the field is blank, and
//! the mapping says later what is wrong.

use domain::order::{Address, OrderKind, OrderLine, PaymentStatus};
use domain::{CustomerRef, Explanation, Order};
use jiff::civil::Date;
use rules::{Facts, FieldId, Value, fields};

use super::overrides::Overrides;
use crate::address::country_code;
use crate::rate::Rates;
use crate::settings::{DocumentType, Shipping};
use crate::work::Work;
use crate::{Context, text};

/// The facts of an order.
pub fn facts_of(order: &Order, context: &Context<'_>) -> Facts {
    let mut work = Work {
        order,
        context: *context,
        explanation: Explanation::default(),
        overrides: Overrides::default(),
        texts: Vec::new(),
    };
    let mut facts = Facts::new();
    work.tell_order(&mut facts);
    work.tell_addresses(&mut facts);
    tell_totals(order, &mut facts);
    let date = work.map_date().ok();
    for (row, line) in order.lines.iter().enumerate() {
        let at = facts.push_line();
        tell_line(line, at, &mut facts);
        work.tell_mapped_line((row, at), line, date, &mut facts);
    }
    work.tell_document(date, &mut facts);
    work.tell_money(&mut facts);
    facts
}

fn tell_shipping(order: &Order, facts: &mut Facts) {
    let shipping = &order.shipping;
    set(facts, fields::SHIPPING_VENDOR, shipping.vendor.as_deref());
    set(facts, fields::SHIPPING_SERVICE, shipping.service.as_deref());
    set(
        facts,
        fields::TRACKING_NUMBER,
        shipping.tracking_number.as_deref(),
    );
    facts.set(fields::TOTAL_WEIGHT, shipping.total_weight);
    set(facts, fields::PACKAGE_TYPE, shipping.package_type.as_deref());
}

impl Work<'_> {
    fn tell_order(&mut self, facts: &mut Facts) {
        let order = self.order;
        let kind = match order.kind {
            OrderKind::Sale => "sale",
            OrderKind::Resend => "resend",
            OrderKind::Exchange => "exchange",
        };
        facts.set(fields::ORDER_ID, order.id.to_string());
        facts.set(fields::ORDER_NUMBER, order.number.to_string());
        facts.set(
            fields::ORDER_BOOK,
            if order.processed { "processed" } else { "open" },
        );
        facts.set(fields::ORDER_KIND, kind);
        facts.set(fields::HOLD_OR_CANCEL, order.hold_or_cancel);
        facts.set(fields::ORDER_STATUS, order.status.as_str());
        let references = &order.references;
        set(facts, fields::REFERENCE, references.reference.as_deref());
        set(
            facts,
            fields::SECONDARY_REFERENCE,
            references.secondary.as_deref(),
        );
        set(facts, fields::EXTERNAL_REFERENCE, references.external.as_deref());
        facts.set(fields::SOURCE, order.channel.source.as_str());
        facts.set(fields::SUB_SOURCE, order.channel.sub_source.as_str());
        set(facts, fields::SITE_CODE, order.channel.site_code.as_deref());
        let dates = &order.dates;
        for (field, instant) in [
            (fields::RECEIVED_DATE, dates.received),
            (fields::PROCESSED_DATE, dates.processed),
            (fields::PAID_DATE, dates.paid),
            (fields::DESPATCH_BY_DATE, dates.despatch_by),
            (fields::CANCELLED_DATE, dates.cancelled),
            (fields::SHIP_DATE, dates.processed),
        ] {
            facts.set(field, instant.map(|instant| self.local_date(instant)));
        }
        set(facts, fields::FULFILMENT_LOCATION, order.location_name.as_deref());
        set(facts, fields::TAX_ID, order.tax_id.as_deref());
        facts.set(fields::FOLDERS, order.folders.clone());
        facts.set(fields::IDENTIFIERS, order.identifiers.clone());
        let notes: Vec<String> = order.notes.iter().map(|note| note.text.clone()).collect();
        facts.set(fields::NOTES, notes);
        tell_shipping(order, facts);
        set(
            facts,
            fields::CHANNEL_BUYER_NAME,
            order.channel_buyer_name.as_deref(),
        );
        for property in &order.extended_properties {
            facts.push_extended(&property.name, property.value.as_str());
        }
    }

    fn tell_addresses(&mut self, facts: &mut Facts) {
        tell_address(&self.order.shipping_address, &SHIPPING, facts);
        tell_address(self.order.bill_to(), &BILLING, facts);
    }

    /// The header fields of the document except the money.
    fn tell_document(&mut self, date: Option<Date>, facts: &mut Facts) {
        let settings = self.context.settings;
        let paid = self.order.status == PaymentStatus::Paid;
        let wanted = settings
            .document
            .type_when_unpaid
            .filter(|_| !paid)
            .unwrap_or(settings.document.kind);
        let word = match wanted {
            DocumentType::SalesReceipt => "sales_receipt",
            DocumentType::Invoice => "invoice",
            DocumentType::InvoiceWithPayment => "invoice_with_payment",
        };
        facts.set(fields::DOCUMENT_TYPE, word);
        let (number, _) = self.base_number();
        set(facts, fields::DOCUMENT_NUMBER, number.as_deref());
        let prefix = self.number_prefix().0;
        set(facts, fields::NUMBER_PREFIX, Some(prefix.as_str()));
        facts.set(fields::DATE, date);
        let (store, _) = self.store_name();
        set(facts, fields::STORE_NAME, Some(store.as_str()));
        let customer = match self.map_customer() {
            Ok(CustomerRef::Existing(customer)) => customer.name,
            Ok(CustomerRef::New(customer)) => customer.display_name,
            Err(_) => self.customer_name(&settings.customer).0,
        };
        set(facts, fields::CUSTOMER_NAME, Some(customer.as_str()));
        let class = self.chosen_class().map(|(name, _)| name);
        set(facts, fields::CLASS, class.as_deref());
        facts.set(fields::LINE_CLASS, class);
        facts.set(fields::LOCATION, self.chosen_department().map(|(name, _)| name));
        facts.set(fields::TERMS, settings.document.terms.clone());
        set(facts, fields::SHIP_METHOD, self.order.shipping.service.as_deref());
        let memo = self.note_text();
        facts.set(fields::MEMO, memo);
        facts.set(fields::CUSTOMER_MEMO, self.map_memo());
    }

    fn tell_money(&mut self, facts: &mut Facts) {
        let settings = self.context.settings;
        let totals = &self.order.totals;
        facts.set(
            fields::DEPOSIT_ACCOUNT,
            self.chosen_deposit_account().map(|(name, _, _)| name),
        );
        set(facts, fields::PAYMENT_METHOD, totals.payment_method.as_deref());
        let reference = self.base_payment_reference();
        facts.set(fields::PAYMENT_REFERENCE, reference);
        facts.set(fields::CURRENCY, totals.currency.code());
        let item = Some(settings.shipping.item.as_str()).filter(|item| *item != Shipping::BUILT_IN);
        set(facts, fields::SHIPPING_ITEM, item);
        facts.set(fields::SHIPPING_AMOUNT, totals.postage_cost);
        let stated = totals.country_tax_rate.unwrap_or_default();
        let rate = Rates::of(self).of_amounts(stated, totals.postage_cost_ex_tax, totals.postage_cost);
        let code = self
            .code_of_rate(rate, "postage")
            .ok()
            .map(|code| code.reference.name);
        facts.set(
            fields::SHIPPING_TAX_CODE,
            code.filter(|_| !totals.postage_cost.is_zero()),
        );
        facts.set(fields::DISCOUNT_ITEM, settings.discount.item.clone());
    }

    /// What the settings make of one line.
    fn tell_mapped_line(
        &mut self,
        (row, at): (usize, usize),
        line: &OrderLine,
        date: Option<Date>,
        facts: &mut Facts,
    ) {
        let item = self.map_item(row, line, date.unwrap_or(Date::MAX)).ok();
        facts.set_on_line(at, fields::ITEM, item.map(|item| item.item.name().to_owned()));
        let title = [line.title.as_deref(), line.channel_title.as_deref()];
        let description = title.into_iter().flatten().find(|title| !title.trim().is_empty());
        facts.set_on_line(
            at,
            fields::DESCRIPTION,
            description.and_then(|title| text::clean(title, 4000)),
        );
        let rate = Rates::of(self).of_amounts(line.tax_rate, line.cost, line.cost_inc_tax);
        let code = self
            .code_of_rate(rate, "a line")
            .ok()
            .map(|code| code.reference.name);
        facts.set_on_line(at, fields::TAX_CODE, code);
    }
}

/// The fields of one address.
struct AddressFields {
    name: FieldId,
    company: FieldId,
    lines: [FieldId; 3],
    town: FieldId,
    region: FieldId,
    postal_code: FieldId,
    country: FieldId,
    country_code: FieldId,
    email: FieldId,
    phone: FieldId,
}

const SHIPPING: AddressFields = AddressFields {
    name: fields::SHIPPING_FULL_NAME,
    company: fields::SHIPPING_COMPANY,
    lines: [
        fields::SHIPPING_ADDRESS_1,
        fields::SHIPPING_ADDRESS_2,
        fields::SHIPPING_ADDRESS_3,
    ],
    town: fields::SHIPPING_TOWN,
    region: fields::SHIPPING_REGION,
    postal_code: fields::SHIPPING_POSTAL_CODE,
    country: fields::SHIPPING_COUNTRY,
    country_code: fields::SHIPPING_COUNTRY_CODE,
    email: fields::SHIPPING_EMAIL,
    phone: fields::SHIPPING_PHONE,
};

const BILLING: AddressFields = AddressFields {
    name: fields::BILLING_FULL_NAME,
    company: fields::BILLING_COMPANY,
    lines: [
        fields::BILLING_ADDRESS_1,
        fields::BILLING_ADDRESS_2,
        fields::BILLING_ADDRESS_3,
    ],
    town: fields::BILLING_TOWN,
    region: fields::BILLING_REGION,
    postal_code: fields::BILLING_POSTAL_CODE,
    country: fields::BILLING_COUNTRY,
    country_code: fields::BILLING_COUNTRY_CODE,
    email: fields::BILLING_EMAIL,
    phone: fields::BILLING_PHONE,
};

fn tell_address(address: &Address, to: &AddressFields, facts: &mut Facts) {
    let [first, second, third] = to.lines;
    for (field, value) in [
        (to.name, &address.full_name),
        (to.company, &address.company),
        (first, &address.line_1),
        (second, &address.line_2),
        (third, &address.line_3),
        (to.town, &address.town),
        (to.region, &address.region),
        (to.postal_code, &address.postal_code),
        (to.country, &address.country),
        (to.email, &address.email),
        (to.phone, &address.phone),
    ] {
        set(facts, field, value.as_deref());
    }
    let code = address.country.as_deref().and_then(country_code);
    set(facts, to.country_code, code);
}

fn tell_totals(order: &Order, facts: &mut Facts) {
    let totals = &order.totals;
    facts.set(fields::ORDER_CURRENCY, totals.currency.code());
    facts.set(fields::SUBTOTAL, totals.subtotal);
    facts.set(fields::POSTAGE_COST, totals.postage_cost);
    facts.set(fields::POSTAGE_COST_EX_TAX, totals.postage_cost_ex_tax);
    facts.set(fields::TOTAL_TAX, totals.tax);
    facts.set(fields::TOTAL_CHARGE, totals.total_charge);
    facts.set(fields::TOTAL_DISCOUNT, totals.total_discount);
    facts.set(fields::COUNTRY_TAX_RATE, totals.country_tax_rate);
    facts.set(fields::CONVERSION_RATE, totals.conversion_rate);
    set(
        facts,
        fields::ORDER_PAYMENT_METHOD,
        totals.payment_method.as_deref(),
    );
}

fn tell_line(line: &OrderLine, at: usize, facts: &mut Facts) {
    for (field, value) in [
        (fields::SKU, line.sku.as_ref().map(|sku| sku.as_str())),
        (fields::CHANNEL_SKU, line.channel_sku.as_deref()),
        (fields::ITEM_NUMBER, line.item_number.as_deref()),
        (fields::TITLE, line.title.as_deref()),
        (fields::CHANNEL_TITLE, line.channel_title.as_deref()),
        (fields::BARCODE, line.barcode.as_deref()),
        (fields::CATEGORY, line.category.as_deref()),
        (fields::BIN_RACK, line.bin_rack.as_deref()),
    ] {
        facts.set_on_line(at, field, filled(value));
    }
    for (field, value) in [
        (fields::QUANTITY, Some(line.quantity)),
        (fields::PRICE_PER_UNIT, Some(line.price_per_unit)),
        (fields::UNIT_COST, line.unit_cost),
        (fields::DISCOUNT_PERCENT, Some(line.discount_percent)),
        (fields::DISCOUNT_VALUE, Some(line.discount_value)),
        (fields::TAX_RATE, Some(line.tax_rate)),
        (fields::LINE_NET, Some(line.cost)),
        (fields::LINE_TOTAL, Some(line.cost_inc_tax)),
    ] {
        facts.set_on_line(at, field, value);
    }
    facts.set_on_line(at, fields::IS_SERVICE, line.is_service);
    facts.set_on_line(at, fields::IS_UNLINKED, line.is_unlinked);
    let options: Vec<String> = line
        .options
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    facts.set_on_line(at, fields::OPTIONS, options);
}

fn set(facts: &mut Facts, field: FieldId, value: Option<&str>) {
    facts.set(field, filled(value));
}

/// A text; nothing for the empty one.
fn filled(value: Option<&str>) -> Value {
    Value::from(value.filter(|text| !text.is_empty()))
}
