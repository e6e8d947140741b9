//! The output of the program in all formats.

pub(crate) mod csv;
#[cfg(feature = "aws")]
pub(crate) mod deployment;
pub(crate) mod layout;
pub(crate) mod markdown;
pub(crate) mod matrix;
pub(crate) mod pages;
pub(crate) mod sarif;
pub(crate) mod scan;
#[cfg(feature = "aws")]
pub(crate) mod table;
pub(crate) mod words;
pub(crate) mod xlsx;
