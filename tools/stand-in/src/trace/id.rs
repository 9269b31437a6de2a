//! The ids of traces and spans: bytes on the wire, hexadecimal when shown, never zero.

use std::fmt;
use std::str::FromStr;

/// Names a trace: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TraceId(u128);

/// Names a span within its trace: 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SpanId(u64);

impl TraceId {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let number = u128::from_be_bytes(bytes.try_into().ok()?);
        (number != 0).then_some(Self(number))
    }
}

impl SpanId {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let number = u64::from_be_bytes(bytes.try_into().ok()?);
        (number != 0).then_some(Self(number))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for TraceId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).map_err(|_| ())?;
        if digits && number != 0 { Ok(Self(number)) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_in_full_and_read_again() {
        let trace = TraceId::read(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]).unwrap();
        assert_eq!(trace.to_string(), "000102030405060708090a0b0c0d0e0f");
        assert_eq!("000102030405060708090A0B0C0D0E0F".parse(), Ok(trace));
        let span = SpanId::read(&[0, 0, 0, 0, 0, 0, 0, 255]).unwrap();
        assert_eq!(span.to_string(), "00000000000000ff");
    }

    #[test]
    fn bytes_and_texts_that_are_not_ids_are_rejected() {
        for bytes in [&[][..], &[1; 15], &[1; 17], &[0; 16]] {
            assert_eq!(TraceId::read(bytes), None);
        }
        for bytes in [&[][..], &[1; 7], &[1; 9], &[0; 8]] {
            assert_eq!(SpanId::read(bytes), None);
        }
        for text in ["", "1", &"0".repeat(32), &"1".repeat(33), &format!("+{}", "1".repeat(31))] {
            assert_eq!(text.parse::<TraceId>(), Err(()), "{text}");
        }
    }
}
