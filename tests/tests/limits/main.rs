//! The release build of the function within the limits of a deployed one: 256 MiB of memory, 14.5 %
//! of a processor, 1,024 open files and 300 seconds, against large accounts and AWS's rates.
//!
//! `cargo xtask test --limits` runs these tests. They take control groups of Linux and the right to
//! make them, and fail where there are none. Those that end in `_nightly` take long.

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
