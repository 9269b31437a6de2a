//! The metrics: the total of every series.
//!
//! Exporters must send sums and histograms as deltas
//! (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`), which add up even if a service restarts.

use crate::trace::attributes::{self, Attributes};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, HistogramDataPoint, Metric, NumberDataPoint,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many series are stored; a point of one more is rejected.
pub const MAX_SERIES: usize = 10_000;

/// The total of a series: an element of the response to `GET /api/metrics`.
///
/// A series is what one service reports under one name with the same attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The `service.name` of the sender.
    pub service: String,
    /// The metric, such as `shop.orders.ended`.
    pub name: String,
    /// Its unit, such as `ms` or `{order}`.
    pub unit: String,
    /// What identifies the series, sorted by name.
    pub attributes: Attributes,
    /// The total of its points.
    #[serde(flatten)]
    pub reading: Reading,
}

/// The total of points of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Reading {
    /// Integers that add up.
    Sum {
        /// In the unit of the metric.
        value: i64,
    },
    /// An integer of which the last counts.
    Gauge {
        /// In the unit of the metric.
        value: i64,
    },
    /// A distribution, without its buckets.
    Histogram {
        /// How many values were measured.
        count: u64,
        /// Their sum, in the unit of the metric.
        sum: f64,
    },
}

/// The series by service, name and attributes, the last of these as JSON.
#[derive(Debug, Default)]
pub(crate) struct Metrics(BTreeMap<(String, String, String), Measurement>);

impl Metrics {
    /// Adds the points of a metric to their series, and returns how many were rejected.
    pub(crate) fn store(&mut self, service: &str, metric: Metric) -> i64 {
        let Metric { name, unit, data, .. } = metric;
        let stored = |(attributes, reading): (Vec<KeyValue>, Option<Reading>)| {
            let measurement = Measurement {
                service: service.to_owned(),
                name: name.clone(),
                unit: unit.clone(),
                attributes: attributes::read(attributes),
                reading: reading?,
            };
            self.add(measurement)
        };
        points(data).into_iter().map(stored).filter(Option::is_none).map(|_| 1).sum()
    }

    /// None when there are too many series, or the series has points of another kind.
    fn add(&mut self, measurement: Measurement) -> Option<()> {
        let attributes = serde_json::to_string(&measurement.attributes)
            .expect("names and values are always JSON");
        let key = (measurement.service.clone(), measurement.name.clone(), attributes);
        if let Some(total) = self.0.get_mut(&key) {
            return total.reading.add(measurement.reading);
        }
        (self.0.len() < MAX_SERIES).then(|| _ = self.0.insert(key, measurement))
    }

    pub(crate) fn measurements(&self) -> impl Iterator<Item = &Measurement> {
        self.0.values()
    }
}

impl Reading {
    /// None when `delta` is of another kind.
    #[expect(clippy::float_arithmetic, reason = "OpenTelemetry measures in doubles")]
    fn add(&mut self, delta: Self) -> Option<()> {
        match (self, delta) {
            (Self::Sum { value }, Self::Sum { value: delta }) => {
                *value = value.saturating_add(delta);
            }
            (Self::Gauge { value }, Self::Gauge { value: last }) => *value = last,
            (Self::Histogram { count, sum }, Self::Histogram { count: more, sum: delta }) => {
                *count = count.saturating_add(more);
                *sum += delta;
            }
            (Self::Sum { .. } | Self::Gauge { .. } | Self::Histogram { .. }, _) => return None,
        }
        Some(())
    }
}

/// The points of a metric: their attributes, and their reading if it is of a kind that is stored.
fn points(data: Option<Data>) -> Vec<(Vec<KeyValue>, Option<Reading>)> {
    let is_delta = |temporality: i32| temporality == AggregationTemporality::Delta as i32;
    match data {
        Some(Data::Sum(sum)) if is_delta(sum.aggregation_temporality) => {
            let points = sum.data_points.into_iter();
            points.map(|point| number(point, |value| Reading::Sum { value })).collect()
        }
        Some(Data::Gauge(gauge)) => {
            let points = gauge.data_points.into_iter();
            points.map(|point| number(point, |value| Reading::Gauge { value })).collect()
        }
        Some(Data::Histogram(histogram)) if is_delta(histogram.aggregation_temporality) => {
            histogram.data_points.into_iter().map(distribution).collect()
        }
        Some(
            Data::Sum(_) | Data::Histogram(_) | Data::ExponentialHistogram(_) | Data::Summary(_),
        ) => vec![(Vec::new(), None)],
        None => Vec::new(),
    }
}

fn number(
    point: NumberDataPoint,
    reading: impl Fn(i64) -> Reading,
) -> (Vec<KeyValue>, Option<Reading>) {
    let reading = match point.value {
        Some(Value::AsInt(value)) => Some(reading(value)),
        Some(Value::AsDouble(_)) | None => None,
    };
    (point.attributes, reading)
}

fn distribution(point: HistogramDataPoint) -> (Vec<KeyValue>, Option<Reading>) {
    let HistogramDataPoint { attributes, count, sum, .. } = point;
    (attributes, sum.map(|sum| Reading::Histogram { count, sum }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::metrics::v1::Sum;

    /// A metric with one point.
    fn sum(name: String, value: i64, temporality: AggregationTemporality) -> Metric {
        let value = Some(Value::AsInt(value));
        let sum = Sum {
            data_points: vec![NumberDataPoint { value, ..NumberDataPoint::default() }],
            aggregation_temporality: temporality as i32,
            is_monotonic: true,
        };
        Metric { name, data: Some(Data::Sum(sum)), ..Metric::default() }
    }

    #[test]
    fn a_point_of_one_series_too_many_is_rejected_and_the_others_add_up() {
        let mut metrics = Metrics::default();
        let mut store = |number: usize| {
            let delta = AggregationTemporality::Delta;
            metrics.store("stock", sum(format!("series-{number:05}"), 1, delta))
        };
        assert_eq!((0..MAX_SERIES).map(&mut store).sum::<i64>(), 0);
        assert_eq!((store(MAX_SERIES), store(0)), (1, 0));
        assert_eq!(metrics.measurements().next().unwrap().reading, Reading::Sum { value: 2 });
        assert_eq!(metrics.measurements().count(), MAX_SERIES);
    }

    #[test]
    fn totals_are_rejected() {
        let total = sum("orders".to_owned(), 1, AggregationTemporality::Cumulative);
        assert_eq!(Metrics::default().store("stock", total), 1);
    }
}
