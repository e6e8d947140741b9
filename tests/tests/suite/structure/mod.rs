//! What holds for the shape of the code: what may import what, how long files and lines are, which
//! names stand once.
//!
//! What does not hold yet is listed in `allowed.toml`, which only shrinks: a test fails for
//! whatever is not in the list, and for whatever the list has and the code has no more.

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
