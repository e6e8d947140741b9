#![no_main]
//! See [`plumbline_fuzz::snapshot`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::snapshot(bytes));
