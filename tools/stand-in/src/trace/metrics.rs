//! The metrics: the last measurement of every series.

use crate::trace::attributes::Attributes;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::collections::BTreeMap;
use thiserror::Error;

/// How many series are kept; a point of one more is rejected.
pub const MAX_SERIES: usize = 10_000;

/// The current value of a series: an element of the answer to `GET /api/metrics`.
///
/// A series is what one service reports under one name with the same attributes. Exporters may send
/// differences or totals; this is the total. A service that restarts begins at zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The `service.name` of the sender.
    pub service: String,
    /// What was measured.
    pub name: String,
    /// Its unit, such as `ms` or `{order}`.
    pub unit: String,
    /// How it was measured.
    pub kind: MetricKind,
    /// The attributes that identify its series.
    pub attributes: Attributes,
    /// The measured value.
    #[serde(flatten)]
    pub reading: Reading,
}

/// A way to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// Differences that add up.
    Sum,
    /// A value of which the last counts.
    Gauge,
    /// A distribution, without its buckets.
    Histogram,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reading {
    /// Of a sum or a gauge.
    Value {
        /// An integer if it was sent as one.
        value: Number,
    },
    /// Of a histogram.
    Distribution {
        /// How many things were measured.
        count: u64,
        /// Their sum, if exporters send one.
        sum: Option<f64>,
    },
}

/// A measurement as it arrives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) measurement: Measurement,
    /// Whether it is the difference from the one before.
    pub(crate) is_delta: bool,
}

/// Why a point was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("there are {MAX_SERIES} series")]
pub(crate) struct TooManySeries;

/// The series by service, name and attributes, the last of these as JSON.
#[derive(Debug, Default)]
pub(crate) struct Metrics(BTreeMap<(String, String, String), Measurement>);

impl Metrics {
    pub(crate) fn keep(&mut self, point: Point) -> Result<(), TooManySeries> {
        let Point { mut measurement, is_delta } = point;
        let attributes = serde_json::to_string(&measurement.attributes)
            .expect("names and values are always JSON");
        let key = (measurement.service.clone(), measurement.name.clone(), attributes);
        match self.0.get(&key) {
            Some(last) if is_delta => measurement.reading.add(&last.reading),
            None if self.0.len() >= MAX_SERIES => return Err(TooManySeries),
            Some(_) | None => {}
        }
        self.0.insert(key, measurement);
        Ok(())
    }

    pub(crate) fn measurements(&self) -> impl Iterator<Item = &Measurement> {
        self.0.values()
    }
}

impl Reading {
    /// A reading of the other form is ignored: the series has changed its kind.
    fn add(&mut self, last: &Self) {
        match (self, last) {
            (Self::Value { value }, Self::Value { value: last }) => *value = total(value, last),
            (
                Self::Distribution { count, sum },
                Self::Distribution { count: last_count, sum: last_sum },
            ) => {
                *count = count.saturating_add(*last_count);
                *sum = sum.zip(*last_sum).map(|(sum, last)| total_of_doubles(sum, last));
            }
            (Self::Value { .. }, Self::Distribution { .. })
            | (Self::Distribution { .. }, Self::Value { .. }) => {}
        }
    }
}

/// An integer if both are; a total that is not finite leaves `a`.
fn total(a: &Number, b: &Number) -> Number {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return a.saturating_add(b).into();
    }
    let doubles = a.as_f64().zip(b.as_f64());
    doubles.and_then(|(a, b)| Number::from_f64(total_of_doubles(a, b))).unwrap_or_else(|| a.clone())
}

#[expect(clippy::float_arithmetic, reason = "OpenTelemetry measures in doubles")]
fn total_of_doubles(a: f64, b: f64) -> f64 {
    a + b
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn point(reading: Reading, is_delta: bool) -> Point {
        let measurement = Measurement {
            service: "stock".to_owned(),
            name: "reserved".to_owned(),
            unit: "{item}".to_owned(),
            kind: MetricKind::Sum,
            attributes: Attributes::from([("b".to_owned(), json!(1))]),
            reading,
        };
        Point { measurement, is_delta }
    }

    fn value(number: impl Into<Number>) -> Reading {
        Reading::Value { value: number.into() }
    }

    fn double(number: f64) -> Reading {
        value(Number::from_f64(number).unwrap())
    }

    #[test]
    fn differences_add_up_and_a_total_replaces() {
        for (readings, expected) in [
            ([(value(2), true), (value(3), true)], value(5)),
            ([(value(2), false), (value(3), false)], value(3)),
            ([(value(2), true), (value(-3), true)], value(-1)),
            ([(double(0.5), true), (double(0.25), true)], double(0.75)),
            ([(value(i64::MAX), true), (value(1), true)], value(i64::MAX)),
            ([(double(f64::MAX), true), (double(f64::MAX), true)], double(f64::MAX)),
            (
                [
                    (Reading::Distribution { count: 2, sum: Some(1.5) }, true),
                    (Reading::Distribution { count: 1, sum: Some(2.0) }, true),
                ],
                Reading::Distribution { count: 3, sum: Some(3.5) },
            ),
            (
                [(value(2), true), (Reading::Distribution { count: 1, sum: None }, true)],
                Reading::Distribution { count: 1, sum: None },
            ),
        ] {
            let mut metrics = Metrics::default();
            for (reading, is_delta) in readings {
                metrics.keep(point(reading, is_delta)).unwrap();
            }
            let readings: Vec<_> = metrics.measurements().map(|kept| &kept.reading).collect();
            assert_eq!(readings, [&expected]);
        }
    }

    #[test]
    fn one_series_too_many_is_rejected_and_the_others_go_on() {
        let mut metrics = Metrics::default();
        let numbered = |number: usize| {
            let mut point = point(value(1), true);
            point.measurement.name = format!("series-{number}");
            point
        };
        for number in 0..MAX_SERIES {
            metrics.keep(numbered(number)).unwrap();
        }
        assert_eq!(metrics.keep(numbered(MAX_SERIES)), Err(TooManySeries));
        metrics.keep(numbered(0)).unwrap();
        assert_eq!(metrics.measurements().next().unwrap().reading, value(2));
        assert_eq!(metrics.measurements().count(), MAX_SERIES);
    }

    #[test]
    fn a_measurement_is_read_as_it_is_written() {
        for (reading, part) in [
            (value(2), r#""value":2}"#),
            (double(2.5), r#""value":2.5}"#),
            (Reading::Distribution { count: 2, sum: Some(1.5) }, r#""count":2,"sum":1.5}"#),
            (Reading::Distribution { count: 2, sum: None }, r#""count":2,"sum":null}"#),
        ] {
            let measurement = point(reading, false).measurement;
            let json = serde_json::to_string(&measurement).unwrap();
            assert!(json.ends_with(part), "{json}");
            assert_eq!(serde_json::from_str::<Measurement>(&json).unwrap(), measurement);
        }
    }
}
