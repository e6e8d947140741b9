//! Processes several Regions in parallel, and reports progress.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::error::{DeployError, RegionError};

/// The number of Regions to process in parallel.
const REGIONS_AT_ONCE: usize = 8;

/// Shows the progress of a deployment.
pub trait Progress: Send + Sync {
    /// Prints a part of the output: the plan or the result.
    ///
    /// # Errors
    /// The output cannot be written.
    fn print(&self, text: &str) -> std::io::Result<()>;

    /// Reports a step in a Region.
    fn report_progress(&self, region: &str, what: &str);

    /// Ends the progress display.
    fn finish(&self);
}

/// Processes Regions in parallel. Returns the completed Regions and the failures of the others, in
/// the order of the Regions.
pub(crate) async fn in_regions<Done>(
    regions: &[String],
    work: impl Fn(String) -> Done,
) -> Result<(Vec<String>, Vec<(String, RegionError)>), DeployError>
where
    Done: Future<Output = Result<(), RegionError>> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(REGIONS_AT_ONCE));
    let mut tasks = JoinSet::new();
    for region in regions {
        let (permits, region, work) = (Arc::clone(&permits), region.clone(), work(region.clone()));
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            (region, work.await)
        });
    }
    let mut results = BTreeMap::new();
    while let Some(result) = tasks.join_next().await {
        let (region, result) = result?;
        results.insert(region, result);
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for region in regions {
        match results.remove(region) {
            Some(Ok(())) => done.push(region.clone()),
            Some(Err(error)) => failed.push((region.clone(), error)),
            None => {}
        }
    }
    Ok((done, failed))
}
