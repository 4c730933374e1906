//! Frames: four bytes of length (little-endian), then postcard. Longer than [`LONGEST`] is an error on both ends.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

/// The most that one frame may hold, in bytes.
pub const LONGEST: usize = 16 << 20;

/// A frame ready to be written.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if the message is too long.
pub fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(invalid)?;
    let len = frame.len() - 4;
    if len > LONGEST {
        return Err(invalid(format!("a message of {len} bytes")));
    }
    frame[..4].copy_from_slice(&u32::try_from(len).map_err(invalid)?.to_le_bytes());
    Ok(frame)
}

/// The length in a frame's head.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if it is too long.
pub fn length(head: [u8; 4]) -> io::Result<usize> {
    let len = u32::from_le_bytes(head) as usize;
    if len > LONGEST { Err(invalid(format!("a message of {len} bytes"))) } else { Ok(len) }
}

/// Decodes a frame's body.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if it is not a message of this type, whole and nothing behind it.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    match postcard::take_from_bytes(body).map_err(invalid)? {
        (message, []) => Ok(message),
        (_, rest) => Err(invalid(format!("{} bytes behind the message", rest.len()))),
    }
}

/// Writes one frame.
///
/// # Errors
/// As [`encode`] and the writer.
pub fn write<T: Serialize>(mut to: impl Write, message: &T) -> io::Result<()> {
    to.write_all(&encode(message)?)
}

/// Reads one frame.
///
/// # Errors
/// As [`length`], [`decode`] and the reader.
pub fn read<T: DeserializeOwned>(mut from: impl Read) -> io::Result<T> {
    let mut head = [0; 4];
    from.read_exact(&mut head)?;
    let mut body = vec![0; length(head)?];
    from.read_exact(&mut body)?;
    decode(&body)
}

fn invalid(error: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let frame = encode(&"hello").expect("short");
        assert_eq!(read::<String>(&*frame).expect("reads"), "hello");
        assert!(read::<String>(&frame[..6]).is_err(), "cut off");
        assert!(length([255; 4]).is_err(), "too long");
        assert!(encode(&vec![0u8; LONGEST + 1]).is_err());
        assert!(decode::<u8>(&[1, 2]).is_err(), "something behind it");
    }
}
