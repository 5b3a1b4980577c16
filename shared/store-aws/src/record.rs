//! How values become bytes in the table: versioned JSON, deflated against a fixed dictionary; instants; attribute values.
//!
//! ```text
//! byte 0      1: dictionary_v1.txt
//! byte 1..    raw deflate of {"schema":1,"record":{...}}, as the continuation of a stream that began with the dictionary
//! ```
//! In: domain values. Out: bytes, and back. An order repeats the same field names and few values, so the dictionary takes a 6 KB
//! order under the 1 KB that one write unit pays for (reliability.md 5.3). An unknown schema or dictionary is an error that names
//! the record; nothing is guessed.

use std::time::Duration;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use jiff::Timestamp;
use ports::StoreError;
use ports::store::RECORD_VERSION;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::error::{broken, unreadable};

/// Never changed: records written with it are read for years. A better one gets the next number.
const DICTIONARY_1: &[u8] = include_bytes!("dictionary_v1.txt");

/// The most that one value may come to when it is inflated; far above a call of 30 orders with 500 lines each.
const INFLATED_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The step in which output grows.
const STEP_BYTES: usize = 16 * 1024;

#[derive(Serialize)]
struct Written<'a, T> {
    schema: u32,
    record: &'a T,
}

#[derive(Deserialize)]
struct Kept<'a> {
    schema: u32,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// The bytes of a value with the present schema version.
pub(crate) fn encode<T: Serialize>(place: &str, record: &T) -> Result<Vec<u8>, StoreError> {
    let json = serde_json::to_vec(&Written {
        schema: RECORD_VERSION,
        record,
    })
    .map_err(|error| malformed(place, &error))?;
    pack(place, &json)
}

/// The value of bytes.
///
/// # Errors
/// [`StoreError::Unreadable`] with the place for another schema version, or for bytes that do not fit.
pub(crate) fn decode<T: DeserializeOwned>(place: &str, bytes: &[u8]) -> Result<T, StoreError> {
    let json = unpack(place, bytes)?;
    let kept: Kept<'_> = serde_json::from_slice(&json).map_err(|error| malformed(place, &error))?;
    if kept.schema != RECORD_VERSION {
        let cause = format!(
            "it has schema version {}, this linnbooks knows {RECORD_VERSION}",
            kept.schema
        );
        return Err(unreadable(place, cause));
    }
    serde_json::from_str(kept.record.get()).map_err(|error| malformed(place, &error))
}

/// serde's own words may quote the value, which can be personal data; the position is enough.
fn malformed(place: &str, error: &serde_json::Error) -> StoreError {
    let cause = format!(
        "its JSON does not fit at line {}, column {}",
        error.line(),
        error.column()
    );
    unreadable(place, cause)
}

/// Deflates plain bytes against the dictionary.
pub(crate) fn pack(place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut window = Vec::with_capacity(STEP_BYTES);
    deflate(&mut compress, DICTIONARY_1, FlushCompress::Sync, &mut window)
        .map_err(|()| broken(place, "it cannot be deflated"))?;
    let mut packed = vec![1];
    deflate(&mut compress, plain, FlushCompress::Finish, &mut packed)
        .map_err(|()| broken(place, "it cannot be deflated"))?;
    Ok(packed)
}

fn deflate(
    compress: &mut Compress,
    mut input: &[u8],
    flush: FlushCompress,
    output: &mut Vec<u8>,
) -> Result<(), ()> {
    loop {
        output.reserve(STEP_BYTES);
        let before = compress.total_in();
        let status = compress.compress_vec(input, output, flush).map_err(|_| ())?;
        let used = usize::try_from(compress.total_in() - before).map_err(|_| ())?;
        input = input.get(used..).ok_or(())?;
        let is_whole = match flush {
            FlushCompress::Finish => status == Status::StreamEnd,
            // Room left over tells that nothing waits to be put out.
            _ => input.is_empty() && output.len() < output.capacity(),
        };
        if is_whole {
            return Ok(());
        }
    }
}

/// The plain bytes of deflated ones.
pub(crate) fn unpack(place: &str, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let Some((1, packed)) = bytes.split_first() else {
        return Err(unreadable(place, "its dictionary is unknown"));
    };
    let garbled = || unreadable(place, "its bytes cannot be inflated");
    let mut decompress = Decompress::new(false);
    let mut plain = Vec::with_capacity(DICTIONARY_1.len() + STEP_BYTES);
    inflate(&mut decompress, &stored_block(DICTIONARY_1), &mut plain).map_err(|()| garbled())?;
    let ended = inflate(&mut decompress, packed, &mut plain).map_err(|()| garbled())?;
    if !ended || plain.len() < DICTIONARY_1.len() {
        return Err(garbled());
    }
    Ok(plain.split_off(DICTIONARY_1.len()))
}

/// The dictionary as one stored, not last block of deflate (RFC 1951, 3.2.4): what was packed refers back into it.
fn stored_block(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut block = vec![0];
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.extend(bytes);
    block
}

/// Inflates all of the input; true at the end of the stream.
fn inflate(decompress: &mut Decompress, mut input: &[u8], output: &mut Vec<u8>) -> Result<bool, ()> {
    loop {
        output.reserve(STEP_BYTES);
        let before = (decompress.total_in(), output.len());
        let status = decompress
            .decompress_vec(input, output, FlushDecompress::None)
            .map_err(|_| ())?;
        let used = usize::try_from(decompress.total_in() - before.0).map_err(|_| ())?;
        input = input.get(used..).ok_or(())?;
        if status == Status::StreamEnd {
            return Ok(true);
        }
        if output.len() > INFLATED_BYTES_MAX {
            return Err(());
        }
        if input.is_empty() && output.len() < output.capacity() {
            return Ok(false);
        }
        if used == 0 && output.len() == before.1 {
            return Err(());
        }
    }
}

/// The first eight bytes of the SHA-256 of bytes.
pub(crate) fn hash(bytes: &[u8]) -> [u8; 8] {
    let digest = Sha256::digest(bytes);
    let mut first = [0; 8];
    first
        .iter_mut()
        .zip(digest.iter())
        .for_each(|(to, from)| *to = *from);
    first
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of an instant: UTC, always nine decimals, so that text order is time order.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// The instant of a text.
pub(crate) fn parse_instant(place: &str, text: &str) -> Result<Timestamp, StoreError> {
    text.parse()
        .map_err(|_| unreadable(place, "it has an instant that is none"))
}

/// The instant a while later; the end of time at the latest.
pub(crate) fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_whatever_its_length() {
        let mut noise = 7_u32;
        for length in [0, 1, 2, 100, 16_383, 16_384, 16_385, 40_000, 3_000_000] {
            let plain: Vec<u8> = (0..length)
                .map(|_| {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::try_from(noise >> 24).unwrap() % 90
                })
                .collect();
            let packed = pack("x", &plain).unwrap();
            assert!(unpack("x", &packed).unwrap() == plain, "length {length}");
        }
    }

    #[test]
    fn bytes_cut_short_or_of_another_dictionary_are_refused() {
        let mut packed = encode("x", &"some text that is long enough to be cut").unwrap();
        assert!(unpack("x", packed.get(..packed.len() - 1).unwrap()).is_err());
        packed[0] = 2;
        let error = decode::<String>("document order:1", &packed).unwrap_err();
        assert!(matches!(&error, StoreError::Unreadable { place, .. } if place == "document order:1"));
        assert!(unpack("x", &[]).is_err());
    }

    #[test]
    fn an_unknown_schema_is_refused_and_nothing_is_quoted() {
        let packed = pack("x", br#"{"schema":2,"record":"jo@example.com"}"#).unwrap();
        let error = decode::<String>("document order:1", &packed)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("schema version 2") && !error.contains("example.com"),
            "{error}"
        );
        let packed = pack("x", br#"{"schema":1,"record":"jo@example.com"}"#).unwrap();
        let error = decode::<u32>("document order:1", &packed)
            .unwrap_err()
            .to_string();
        assert!(!error.contains("example.com"), "{error}");
    }

    #[test]
    fn the_first_dictionary_never_changes() {
        assert_eq!(hex(&hash(DICTIONARY_1)), "d8dcaadd63dbc245");
        assert!(DICTIONARY_1.len() <= usize::from(u16::MAX));
    }
}
