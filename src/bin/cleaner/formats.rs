//! The containers that documents come in.

#[cfg(feature = "parquet")]
#[allow(dead_code)]
pub mod parquet;
