//! Facts from IAM Access Analyzer.

use aws_sdk_accessanalyzer::operation::list_analyzers::ListAnalyzersOutput;
use aws_sdk_accessanalyzer::types::{AnalyzerStatus, AnalyzerSummary};
use plumbline_core::answer::Answer;
use plumbline_core::facts::{Analyzer, AnalyzerKind, Analyzers};
use plumbline_core::operation::access_analyzer;

use crate::session::Session;

/// The types of external access analyzers.
const EXTERNAL: [&str; 2] = ["ACCOUNT", "ORGANIZATION"];

pub(super) async fn analyzers(session: &Session, region: &str) -> Answer<Analyzers> {
    let client = session.access_analyzer(region);
    let page = |token| client.list_analyzers().set_next_token(token).send();
    session
        .list(access_analyzer::LIST_ANALYZERS, page, ListAnalyzersOutput::next_token, analyzers_of)
        .await
        .map(Analyzers)
}

fn analyzers_of(page: ListAnalyzersOutput) -> Answer<Vec<Analyzer>> {
    page.analyzers.into_iter().map(analyzer_of).collect()
}

/// An unknown type is not an external access analyzer, and an unknown status is not active: neither
/// can lead to a pass.
fn analyzer_of(analyzer: AnalyzerSummary) -> Answer<Analyzer> {
    Ok(Analyzer {
        name: access_analyzer::LIST_ANALYZERS
            .require_text(Some(analyzer.name), "an analyzer's name")?,
        kind: if EXTERNAL.contains(&analyzer.r#type.as_str()) {
            AnalyzerKind::External
        } else {
            AnalyzerKind::Other
        },
        active: analyzer.status == AnalyzerStatus::Active,
    })
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use plumbline_core::answer::Cause;

    use super::*;

    fn analyzer(name: &str, kind: &str, status: AnalyzerStatus) -> Answer<Analyzer> {
        let analyzer = AnalyzerSummary::builder()
            .arn("arn:a")
            .name(name)
            .created_at(DateTime::from_secs(1))
            .status(status);
        analyzer_of(analyzer.r#type(kind.into()).build().expect("complete"))
    }

    #[test]
    fn only_analyzers_of_access_from_outside_count() {
        let kind =
            |kind: &str| analyzer("a", kind, AnalyzerStatus::Active).expect("an analyzer").kind;
        assert_eq!(
            (kind("ACCOUNT"), kind("ORGANIZATION")),
            (AnalyzerKind::External, AnalyzerKind::External)
        );
        assert_eq!(
            (kind("ACCOUNT_UNUSED_ACCESS"), kind("ORGANIZATION_INTERNAL_ACCESS")),
            (AnalyzerKind::Other, AnalyzerKind::Other)
        );
        assert!(!analyzer("a", "ACCOUNT", AnalyzerStatus::Creating).expect("an analyzer").active);
        assert_eq!(
            analyzer("", "ACCOUNT", AnalyzerStatus::Active).expect_err("no name").cause,
            Cause::Malformed
        );
    }
}
