//! Points as exporters send them, converted to one form.

use crate::trace::attributes;
use crate::trace::metrics::{Measurement, MetricKind, Point, Reading};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, Metric, NumberDataPoint,
};
use serde_json::Number;

/// Attributes, and the reading under them.
type Read = (Vec<KeyValue>, Reading);

/// The points of a metric that have a value; a summary is a histogram with other buckets.
pub(crate) fn read(service: &str, metric: Metric) -> Vec<Point> {
    let Some(data) = metric.data else { return Vec::new() };
    let is_delta = is_delta(&data);
    let (kind, points) = points(data);
    let point = |(attributes, reading)| {
        let measurement = Measurement {
            service: service.to_owned(),
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            kind,
            attributes: attributes::read(attributes),
            reading,
        };
        Point { measurement, is_delta }
    };
    points.into_iter().map(point).collect()
}

fn is_delta(data: &Data) -> bool {
    let temporality = match data {
        Data::Sum(sum) => sum.aggregation_temporality,
        Data::Histogram(histogram) => histogram.aggregation_temporality,
        Data::ExponentialHistogram(histogram) => histogram.aggregation_temporality,
        Data::Gauge(_) | Data::Summary(_) => return false,
    };
    temporality == AggregationTemporality::Delta as i32
}

fn points(data: Data) -> (MetricKind, Vec<Read>) {
    match data {
        Data::Gauge(gauge) => (MetricKind::Gauge, numbers(gauge.data_points)),
        Data::Sum(sum) => (MetricKind::Sum, numbers(sum.data_points)),
        Data::Histogram(histogram) => {
            let points = histogram.data_points.into_iter();
            distributions(
                points.map(|point| (point.attributes, point.flags, point.count, point.sum)),
            )
        }
        Data::ExponentialHistogram(histogram) => {
            let points = histogram.data_points.into_iter();
            distributions(
                points.map(|point| (point.attributes, point.flags, point.count, point.sum)),
            )
        }
        Data::Summary(summary) => {
            let points = summary.data_points.into_iter();
            distributions(
                points.map(|point| (point.attributes, point.flags, point.count, Some(point.sum))),
            )
        }
    }
}

fn numbers(points: Vec<NumberDataPoint>) -> Vec<Read> {
    let read = |point: NumberDataPoint| {
        let value = match point.value? {
            Value::AsInt(number) => number.into(),
            Value::AsDouble(number) => Number::from_f64(number)?,
        };
        has_value(point.flags).then_some((point.attributes, Reading::Value { value }))
    };
    points.into_iter().filter_map(read).collect()
}

fn distributions(
    points: impl Iterator<Item = (Vec<KeyValue>, u32, u64, Option<f64>)>,
) -> (MetricKind, Vec<Read>) {
    let points = points.filter(|(_, flags, ..)| has_value(*flags));
    let read = points
        .map(|(attributes, _, count, sum)| (attributes, Reading::Distribution { count, sum }));
    (MetricKind::Histogram, read.collect())
}

/// A point may also say that its series has ended.
fn has_value(flags: u32) -> bool {
    flags & DataPointFlags::NoRecordedValueMask as u32 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::metrics::v1::{
        ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
        Sum, Summary, SummaryDataPoint,
    };

    fn read_one(data: Data) -> (MetricKind, bool, Reading) {
        let mut points = read("stock", Metric { data: Some(data), ..Metric::default() });
        let point = points.pop().unwrap();
        assert!(points.is_empty());
        (point.measurement.kind, point.is_delta, point.measurement.reading)
    }

    fn numbers() -> Vec<NumberDataPoint> {
        let point = |value| NumberDataPoint { value, ..NumberDataPoint::default() };
        let ended = NumberDataPoint { flags: 1, ..point(Some(Value::AsInt(1))) };
        vec![
            point(None),
            point(Some(Value::AsDouble(f64::NAN))),
            ended,
            point(Some(Value::AsInt(7))),
        ]
    }

    #[test]
    fn every_kind_of_metric_is_read_for_what_it_says() {
        let value = Reading::Value { value: 7.into() };
        let distribution = Reading::Distribution { count: 2, sum: Some(1.5) };
        let (count, sum, delta) = (2, Some(1.5), AggregationTemporality::Delta as i32);
        let point = HistogramDataPoint { count, sum, ..HistogramDataPoint::default() };
        let exponential = ExponentialHistogramDataPoint {
            count,
            sum,
            ..ExponentialHistogramDataPoint::default()
        };
        let summary = SummaryDataPoint { count, sum: 1.5, ..SummaryDataPoint::default() };
        for (data, expected) in [
            (
                Data::Gauge(Gauge { data_points: numbers() }),
                (MetricKind::Gauge, false, value.clone()),
            ),
            (
                Data::Sum(Sum { data_points: numbers(), ..Sum::default() }),
                (MetricKind::Sum, false, value.clone()),
            ),
            (
                Data::Sum(Sum {
                    data_points: numbers(),
                    aggregation_temporality: delta,
                    is_monotonic: false,
                }),
                (MetricKind::Sum, true, value),
            ),
            (
                Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality: 2 }),
                (MetricKind::Histogram, false, distribution.clone()),
            ),
            (
                Data::ExponentialHistogram(ExponentialHistogram {
                    data_points: vec![exponential],
                    aggregation_temporality: delta,
                }),
                (MetricKind::Histogram, true, distribution.clone()),
            ),
            (
                Data::Summary(Summary { data_points: vec![summary] }),
                (MetricKind::Histogram, false, distribution),
            ),
        ] {
            assert_eq!(read_one(data), expected);
        }
    }
}
