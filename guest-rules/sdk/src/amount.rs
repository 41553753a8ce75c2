//! Amounts that are counted in whole millionths: micro-dollars, and millionths of a watt-hour.

/// No amount that an operator writes is higher.
const MAX: f64 = 1_000_000.0;

/// A number of units (dollars, watt-hours) in millionths, rounded to the nearest. `None` if it is
/// negative, not a number, or more than a million.
pub fn millionths(units: f64) -> Option<u64> {
    scaled(units, 1e6)
}

/// Units for a thousand tokens in millionths for a million tokens; `None` as for [`millionths`].
pub fn millionths_per_million(units_per_thousand: f64) -> Option<u64> {
    scaled(units_per_thousand, 1e9)
}

/// Millionths as a person reads units, such as `0.0125`.
pub fn show_millionths(amount: u64) -> String {
    let (whole, part) = (amount / 1_000_000, amount % 1_000_000);
    let part = format!("{part:06}");
    let part = part.trim_end_matches('0');
    format!("{whole}.{part:0<2}")
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 10^15, and not negative"
)]
fn scaled(units: f64, scale: f64) -> Option<u64> {
    (0.0..=MAX)
        .contains(&units)
        .then_some((units * scale).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_to_the_millionth() {
        assert_eq!(millionths(0.1), Some(100_000));
        assert_eq!(millionths(0.000_001), Some(1));
        assert_eq!(millionths_per_million(0.0008), Some(800_000));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for units in [f64::NAN, f64::INFINITY, -0.1, 2e6] {
            assert_eq!(millionths(units), None);
        }
    }

    #[test]
    fn amounts_are_shown_without_rounding() {
        assert_eq!(show_millionths(12_500), "0.0125");
        assert_eq!(show_millionths(3_000_000), "3.00");
        assert_eq!(show_millionths(1), "0.000001");
    }
}
