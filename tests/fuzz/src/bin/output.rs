#![no_main]
//! See [`plumbline_fuzz::output`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::output(bytes));
