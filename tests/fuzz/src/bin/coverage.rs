#![no_main]
//! See [`plumbline_fuzz::coverage`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::coverage::coverage(bytes));
