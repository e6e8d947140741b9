//! Publishers: where evaluations go.

pub mod config_rule;
pub mod security_hub;

use std::time::Duration;

/// How often something that AWS accepted in part is sent again.
const RESENDS: u32 = 3;
/// How long to wait before the first time, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Waits before the `attempt`-th resending, counted from 0.
async fn wait(attempt: u32) {
    tokio::time::sleep(FIRST_WAIT * 2u32.pow(attempt)).await;
}
