#![no_main]
//! See [`plumbline_fuzz::register`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::register(bytes));
