//! What models use and what grids emit: estimates, not measurements.

/// Models with what a million tokens use, in millionths of a watt-hour.
pub(crate) const RATES: &[(&str, u64)] = &[
    ("claude-haiku-4-5", 1_000_000),
    ("claude-opus-4", 10_000_000),
    ("claude-opus-4-5", 10_000_000),
    ("claude-opus-4-6", 10_000_000),
    ("claude-opus-4-7", 10_000_000),
    ("claude-sonnet-4", 3_000_000),
    ("gpt-4-turbo", 7_000_000),
    ("gpt-4o", 5_000_000),
    ("gpt-4o-mini", 1_000_000),
];

/// Regions with what a kilowatt-hour of their grid emits, in grams of CO2.
pub(crate) const GRIDS: &[(&str, f64)] = &[
    ("asia-pacific", 500.0),
    ("eu-central", 350.0),
    ("eu-north", 30.0),
    ("eu-west", 300.0),
    ("us-east", 380.0),
    ("us-west", 250.0),
    ("world", 450.0),
];
