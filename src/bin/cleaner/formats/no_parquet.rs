//! Parquet in a program that was built without it: every file is refused.

use std::fs::File;
use std::io::Write;
use std::marker::PhantomData;

const WITHOUT: &str = "this cleaner was built without Parquet (cargo feature `parquet`)";

/// Which columns would be read.
#[allow(dead_code, reason = "nothing is read")]
pub struct Columns<'a> {
    pub text: &'a str,
    pub url: &'a [String],
    pub outlet: &'a [String],
}

/// A value of a column.
#[derive(Clone)]
pub struct ByteArray(Vec<u8>);

impl ByteArray {
    pub fn data(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for ByteArray {
    fn from(bytes: Vec<u8>) -> ByteArray {
        ByteArray(bytes)
    }
}

/// Rows, of which there are none.
pub struct Rows {
    pub first: u64,
    pub texts: Vec<Option<ByteArray>>,
}

impl Rows {
    pub fn size(&self) -> usize {
        0
    }

    pub fn url(&self, _: usize) -> Option<&str> {
        None
    }

    pub fn outlet(&self, _: usize) -> Option<&str> {
        None
    }
}

/// A reader of no file.
pub struct Reader;

impl Reader {
    pub fn open(_: File, _: &Columns) -> Result<Reader, String> {
        Err(WITHOUT.to_owned())
    }

    pub fn passed(&self) -> u64 {
        0
    }

    pub fn next(&mut self) -> Result<Option<Rows>, String> {
        Err(WITHOUT.to_owned())
    }
}

/// A writer of no file.
pub struct Writer<W>(PhantomData<W>);

impl<W: Write + Send> Writer<W> {
    pub fn new(_: File, _: &Columns, _: W) -> Result<Writer<W>, String> {
        Err(WITHOUT.to_owned())
    }

    pub fn write(&mut self, _: &Rows, _: Vec<Option<ByteArray>>) -> Result<(), String> {
        Err(WITHOUT.to_owned())
    }

    pub fn finish(self) -> Result<W, String> {
        Err(WITHOUT.to_owned())
    }
}
