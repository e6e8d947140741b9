#![no_main]
//! See [`plumbline_fuzz::policy`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::policy(bytes));
