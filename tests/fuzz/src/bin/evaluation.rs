#![no_main]
//! See [`plumbline_fuzz::evaluation`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::evaluation(bytes));
