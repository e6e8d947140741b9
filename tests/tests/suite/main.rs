//! The end-to-end tests, and those of the code's structure. A test is chosen by its path:
//! `cargo xtask test -- deploy::organization`.

mod aggregator_report;
mod alarm_chains;
mod call_counts;
mod cli_catalogue;
mod cli_errors;
mod cli_interruption;
mod cli_organization;
mod cli_scan;
mod coverage;
mod deploy;
mod failing_reads;
mod fixes;
mod formats;
mod fuzz_corpora;
mod installed;
mod lambda;
mod many_findings;
mod other_tools;
mod pages;
mod parameter_schema;
mod pass_and_fail;
mod paths_agree;
mod permissions;
mod real;
mod site;
mod structure;
mod templates;
mod trail_buckets;
mod verdict_cases;
