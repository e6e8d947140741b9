#![no_main]
//! See [`plumbline_fuzz::credential_report`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::credential_report(bytes));
