#![no_main]
//! See [`plumbline_fuzz::filter`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::filter(bytes));
