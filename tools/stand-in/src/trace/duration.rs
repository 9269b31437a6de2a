//! Durations in nanoseconds, converted and formatted.

/// Milliseconds, to the microsecond.
pub(crate) fn milliseconds(nanoseconds: u64) -> f64 {
    let (whole, rest) = (nanoseconds / 1_000_000, nanoseconds / 1_000 % 1_000);
    format!("{whole}.{rest:03}").parse().expect("digits around a point are a number")
}

/// Three significant digits or more, in the unit that fits.
pub(crate) fn human(nanoseconds: u64) -> String {
    let (unit, name) = match nanoseconds {
        0 => return "0".to_owned(),
        1..1_000 => return format!("{nanoseconds} ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let (whole, thousandths) = (nanoseconds / unit, nanoseconds % unit / (unit / 1_000));
    match whole {
        0..10 => format!("{whole}.{:02} {name}", thousandths / 10),
        10..100 => format!("{whole}.{} {name}", thousandths / 100),
        _ => format!("{whole} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_three_places() {
        for (nanoseconds, expected) in
            [(0, "0.0"), (1_999, "0.001"), (1_500_000, "1.5"), (60_000_042_000, "60000.042")]
        {
            assert_eq!(format!("{:?}", milliseconds(nanoseconds)), expected);
        }
    }

    #[test]
    fn a_formatted_duration_has_three_digits() {
        for (nanoseconds, expected) in [
            (0, "0"),
            (999, "999 ns"),
            (1_239, "1.23 µs"),
            (12_390, "12.3 µs"),
            (123_900_000, "123 ms"),
            (1_050_000_000, "1.05 s"),
            (3_600_000_000_000, "3600 s"),
        ] {
            assert_eq!(human(nanoseconds), expected);
        }
    }
}
