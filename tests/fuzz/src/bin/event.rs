#![no_main]
//! See [`plumbline_fuzz::event`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumbline_fuzz::event(bytes));
