//! What the worlds' seller sells, and where: items and channels.
//!
//! Out: `WorldItem` and `Channel` lists, the same for every seed. Does not make orders.

use rust_decimal::Decimal;

/// What an item is in the books.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WorldItemKind {
    /// Goods with a stock level.
    Stock,
    /// Work or a charge without stock (gift wrapping, handling).
    Service,
}

/// An item the seller knows; a SKU that is not among these is unknown to the books.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WorldItem {
    /// The Linnworks SKU, unique.
    pub sku: String,
    /// The title shown to buyers; may hold any character.
    pub title: String,
    /// Price of one in GBP including tax; channels in another currency derive theirs from it.
    pub unit_price: Decimal,
    /// Stock or service.
    pub kind: WorldItemKind,
    /// True for goods without tax in the United Kingdom (books, children's wear).
    pub zero_rated: bool,
}

/// One integration the seller sells through (linnworks.md 5, Source and SubSource).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Channel {
    /// The platform, as `GeneralInfo.Source` spells it.
    pub source: &'static str,
    /// The account on it, as `GeneralInfo.SubSource` spells it; "" for direct orders.
    pub sub_source: &'static str,
    /// ISO code of every amount of its orders.
    pub currency: &'static str,
    /// Country of its buyers, in words as Linnworks gives it.
    pub country: &'static str,
    /// Standard rate of tax in percent, contained in the prices.
    pub tax_rate: Decimal,
    /// Order currency to GBP, multiply.
    pub conversion_rate: Decimal,
    /// `TotalsInfo.PaymentMethod` of its orders.
    pub payment_method: &'static str,
    /// `GeneralInfo.SiteCode`.
    pub site_code: &'static str,
}

/// Title, SKU, pennies including tax, zero rated.
const GOODS: [(&str, &str, i64, bool); 24] = [
    ("MUG-BLUE", "Blue mug", 1499, false),
    ("MUG-RED", "Red mug", 1499, false),
    ("TEA-TIN", "Tea tin, 250 g", 1000, false),
    ("COASTER", "Coaster", 350, false),
    ("GIFT-SET", "Gift set (mug and two coasters)", 2799, false),
    ("TEAPOT-1L", "Teapot 1 l \u{2013} stoneware", 3450, false),
    ("CANDLE-FIG", "Candle \u{201c}Fig\u{201d}", 1899, false),
    ("SOCKS-3PK", "Socks, 3 pack", 899, false),
    ("SCARF-WOOL", "Wool scarf", 4200, false),
    ("LAMP-DESK", "Desk lamp", 5999, false),
    ("CABLE-USBC", "USB-C cable 2 m", 749, false),
    ("NOTEBOOK-A5", "Notebook A5", 650, false),
    ("PEN-GEL-10", "Gel pens (10)", 525, false),
    ("CAFETIERE", "Cafeti\u{e8}re 0.8 l", 2250, false),
    ("MAT-YOGA", "Yoga mat 6 mm", 2499, false),
    ("BOTTLE-1L", "Water bottle 1 l", 1250, false),
    ("SPOON-SET", "Spoon set (6) & rest", 1125, false),
    ("FRAME-A4", "Picture frame A4", 999, false),
    ("BLANKET", "Blanket \u{2018}K\u{f6}ln\u{2019}", 3999, false),
    ("TICKET-GIFT", "Free sample", 100, false),
    ("BOOK-01", "Book: The Potter's Year", 799, true),
    ("BOOK-02", "Book \u{2013} Knots", 1299, true),
    ("BABY-VEST", "Baby vest 0-3 m", 550, true),
    ("MAP-LAKES", "Map of the Lakes", 949, true),
];

const SERVICES: [(&str, &str, i64); 2] = [("GIFT-WRAP", "Gift wrapping", 250), ("HANDLING", "Handling", 500)];

/// The seller's items, always the same.
pub(crate) fn items() -> Vec<WorldItem> {
    let goods = GOODS.iter().map(|&(sku, title, pennies, zero_rated)| WorldItem {
        sku: sku.to_owned(),
        title: title.to_owned(),
        unit_price: Decimal::new(pennies, 2),
        kind: WorldItemKind::Stock,
        zero_rated,
    });
    let services = SERVICES.iter().map(|&(sku, title, pennies)| WorldItem {
        sku: sku.to_owned(),
        title: title.to_owned(),
        unit_price: Decimal::new(pennies, 2),
        kind: WorldItemKind::Service,
        zero_rated: false,
    });
    goods.chain(services).collect()
}

/// The channel of orders on account; used only when the options ask for unpaid orders.
pub(crate) fn direct_channel() -> Channel {
    Channel {
        source: "DIRECT",
        sub_source: "",
        currency: "GBP",
        country: "United Kingdom",
        tax_rate: Decimal::from(20),
        conversion_rate: Decimal::ONE,
        payment_method: "Bank transfer",
        site_code: "",
    }
}

/// The marketplaces; those in pounds only when `gbp_only`.
pub(crate) fn channels(gbp_only: bool) -> Vec<Channel> {
    let pounds = |source, sub_source, payment_method, site_code| Channel {
        source,
        sub_source,
        payment_method,
        site_code,
        ..direct_channel()
    };
    let mut channels = vec![
        pounds("AMAZON", "Amazon UK", "Amazon", "Amazon.co.uk"),
        pounds("EBAY", "EBAY0", "eBay Managed Payments", "UK"),
        pounds("SHOPIFY", "Example Shop", "Shopify Payments", ""),
    ];
    if !gbp_only {
        channels.push(Channel {
            currency: "EUR",
            country: "Germany",
            tax_rate: Decimal::from(19),
            conversion_rate: Decimal::new(86, 2),
            ..pounds("AMAZON", "Amazon DE", "Amazon", "Amazon.de")
        });
        channels.push(Channel {
            currency: "USD",
            country: "United States",
            tax_rate: Decimal::ZERO,
            conversion_rate: Decimal::new(79, 2),
            ..pounds("AMAZON", "Amazon US", "Amazon", "Amazon.com")
        });
    }
    channels
}
