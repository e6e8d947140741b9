//! Measures how long decisions about the most difficult filters take, and how much memory they use.
//! Run with `cargo bench --package plumbline-core`.
//!
//! Each case is decided in its own process, so that its peak memory is its own. The bench measures
//! processor time, so that other load on the machine has no effect.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench may end so"
)]

#[path = "../tests/nasty/mod.rs"]
mod nasty;

use std::process::Command;

use plumbline_core::filter::{Coverage, covers};

/// The kernel counts the time of threads in ticks of four milliseconds. Each case is repeated until
/// a tick no longer matters.
const ENOUGH: u64 = 300_000_000;
/// The argument that selects one case.
const ONE: &str = "--one";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == ONE) {
        Some(at) => {
            one(arguments.get(at + 1).and_then(|number| number.parse().ok()).expect("a number"))
        }
        None => all(),
    }
}

fn all() {
    let program = std::env::current_exe().expect("the bench's own path");
    println!(
        "| milliseconds | MB | MB with the patterns | verdict | case |\n|---|---|---|---|---|"
    );
    for number in 0.. {
        let output = Command::new(&program)
            .args([ONE, &number.to_string()])
            .output()
            .expect("the bench starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        if output.stdout.is_empty() {
            break;
        }
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Decides one case, and prints nothing if no case has this number.
fn one(number: usize) {
    let Some((what, required, candidates)) = nasty::case(number) else { return };
    let before = peak_memory();
    let start = processor_time();
    let verdict = covers(&required, &candidates);
    let whole = peak_memory();
    let memory = whole - before;
    let mut rounds = 1;
    while processor_time() - start < ENOUGH {
        std::hint::black_box(covers(&required, &candidates));
        rounds += 1;
    }
    let milliseconds = (processor_time() - start) as f64 / 1e6 / f64::from(rounds);
    let result = if let Coverage::Undetermined { why } = &verdict { why } else { verdict.as_str() };
    println!(
        "| {milliseconds:.1} | {:.1} | {:.1} | {result} | {what} |",
        memory as f64 / 1024.0,
        whole as f64 / 1024.0
    );
}

/// The nanoseconds that this thread has run.
fn processor_time() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux reports it");
    text.split_whitespace().next().and_then(|first| first.parse().ok()).expect("a number")
}

/// The peak memory of the process, in KB.
fn peak_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux reports it");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}
