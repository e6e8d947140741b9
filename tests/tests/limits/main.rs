//! The release build of the function within the limits of a deployed one: 256 MiB of memory, 14.5 %
//! of a processor, 1,024 open files and 300 seconds, against large accounts and AWS's rates.
//!
//! `cargo xtask test --limits` runs these tests. They need Linux control groups and the permission
//! to create them, and fail without. Tests whose names end in `_nightly` take hours.

mod connections;
mod deadline;
mod decisions;
mod findings;
mod function;
mod organization;
mod sizes;
mod soak;
mod throttling;
mod together;
