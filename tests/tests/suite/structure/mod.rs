//! Rules about the structure of the code: imports, lengths of files and lines, unique names, and
//! the words and forms of texts.
//!
//! `allowed.toml` lists the violations that still exist, and only shrinks: a test fails for a
//! violation that is not in the list, and for an entry without a violation.

mod allowed;
mod controls;
mod errors;
mod imports;
mod layers;
mod names;
mod operations;
mod packages;
mod promises;
mod purity;
mod sizes;
mod source;
mod texts;
mod widths;
mod words;
