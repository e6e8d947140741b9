//! Command lines of the AWS CLI.

use std::fmt::Write;

use crate::text::shell_word;

/// The options without a value that controls use.
pub(crate) const FLAGS: [&str; 3] =
    ["--auto-minor-version-upgrade", "--enable-log-file-validation", "--no-publicly-accessible"];

/// The words of a command as a shell command line: service, operation, options with their values. A
/// value that begins with a dash is joined to its option; otherwise the AWS CLI would read it as an
/// option.
pub(crate) fn command_line(words: &[&str]) -> String {
    let (start, rest) = words.split_at_checked(2).unwrap_or((words, &[]));
    let mut line = format!("aws {}", start.join(" "));
    let mut rest = rest.iter().peekable();
    while let Some(option) = rest.next() {
        let _ = write!(line, " {}", shell_word(option));
        if FLAGS.contains(option) {
            continue;
        }
        if let Some(value) = rest.next() {
            let by = if value.starts_with('-') { '=' } else { ' ' };
            let _ = write!(line, "{by}{}", shell_word(value));
        }
    }
    line
}

/// Whether the AWS CLI reads a value as a file name or a URL.
pub(crate) fn is_read_elsewhere(value: &str) -> bool {
    ["file://", "fileb://", "http://", "https://"].iter().any(|way| value.starts_with(way))
}
